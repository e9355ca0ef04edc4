"""Tests of runtime: the world made so, and looked at."""
