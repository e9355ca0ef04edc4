"""Where the tests do not mirror the package file for file, and why; `test_architecture` keeps it exact."""

UNMIRRORED: dict[str, str] = {}
"""Modules of the package without a test file of their own: where they are tested instead."""

TESTS: dict[str, str] = {}
"""Test files that are not named after one module: what they test."""
