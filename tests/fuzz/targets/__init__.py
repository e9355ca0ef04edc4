"""One module for each kind of bytes that come from outside; each has a `TARGET`."""
