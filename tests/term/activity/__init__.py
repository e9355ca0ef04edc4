"""Tests of what a program is doing."""
