"""Tests of plan: the rules, as tables."""
