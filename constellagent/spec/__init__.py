"""What is wanted: values and parsing. No clock, no process, no network."""
