"""Tests of what a report of a defect takes along."""
