"""Tests of `constellagent.runtime.races`."""
