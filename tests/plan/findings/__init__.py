"""Tests of the rules about schedules."""
