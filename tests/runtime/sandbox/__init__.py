"""Tests of what keeps agents from the rest of the machine."""
