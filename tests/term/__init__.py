"""Tests of what a terminal shows and what is typed."""
