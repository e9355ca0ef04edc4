"""Tests of what agents use, and of what keeps them from using more."""
