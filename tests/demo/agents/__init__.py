"""What the agents of the demo run."""
