"""Tests of runs: real repositories, real holders, a real provider."""
