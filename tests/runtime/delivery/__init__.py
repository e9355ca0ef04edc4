"""Tests of delivering texts to sessions."""
