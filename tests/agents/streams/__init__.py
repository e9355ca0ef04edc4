"""What headless runs of coding agents write, read line by line."""
