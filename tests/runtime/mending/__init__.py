"""Finding what was left half done, and mending it."""
