"""Tests of the Ravi client, the vault, the shim and the embedded provider."""
