"""Tests of the command line, the socket and both of its clients."""
