"""Tests of the embedded provider, over its own socket."""
