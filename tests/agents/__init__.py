"""Tests of how each kind of agent is launched."""
