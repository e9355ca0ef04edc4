"""Tests of what a person asks about identities."""
