"""Tests of what is remembered across daemons."""
