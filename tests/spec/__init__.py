"""Tests of the language: values, parsing, problems, edits."""
