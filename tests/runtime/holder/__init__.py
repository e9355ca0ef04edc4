"""Tests of the holder: real processes, real ptys, real sockets."""
