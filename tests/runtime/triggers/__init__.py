"""Tests of what wakes agents beside the clock."""
