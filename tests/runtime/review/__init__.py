"""The desk of all reviewing."""
