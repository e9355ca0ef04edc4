"""Killing things at every place and checking that nothing is lost, doubled or left behind."""
