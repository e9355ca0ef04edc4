"""Tests of the scheduler, on a clock that passes when a test says so."""
