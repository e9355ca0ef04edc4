"""A small model API on loopback, which does as the prompts say: what coding agents talk to in tests."""
