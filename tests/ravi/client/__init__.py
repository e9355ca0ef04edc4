"""Tests of the client of Ravi's API."""
