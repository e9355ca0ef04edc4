"""What the programs of sessions report, on the side of the daemon."""
