"""Tests of the views of the multiplexer."""
