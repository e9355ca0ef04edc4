"""Tests of reading output without drawing it."""
