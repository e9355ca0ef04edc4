"""Tests of the multiplexer."""
