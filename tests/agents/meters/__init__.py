"""Tests of what transcripts say of tokens."""
