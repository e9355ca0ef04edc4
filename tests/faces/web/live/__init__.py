"""Tests of what is told to those who stay."""
