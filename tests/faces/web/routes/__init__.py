"""Tests of the operations of the API."""
