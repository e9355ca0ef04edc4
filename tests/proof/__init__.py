"""The proof at full size: kills without number, and half an hour of everything at once."""
