"""Tests of the review comments."""
