"""The screen of a terminal."""
