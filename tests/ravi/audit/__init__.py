"""Who did what: lines, files, heads, and what shows when somebody touches them."""
