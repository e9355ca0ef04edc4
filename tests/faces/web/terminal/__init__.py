"""Tests of terminals in a browser."""
