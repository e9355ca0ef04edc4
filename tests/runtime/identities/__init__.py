"""Tests of finding, creating and handing out identities."""
