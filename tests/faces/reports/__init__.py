"""Tests of the reports of the dry-run."""
