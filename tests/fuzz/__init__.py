"""Bytes of any kind for all that reads what others write: by hypothesis, by coverage, and kept ones."""
