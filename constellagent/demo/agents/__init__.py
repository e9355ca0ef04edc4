"""What the four agents of the demo run, as files: two ways to write the same few steps, shell and Python."""
