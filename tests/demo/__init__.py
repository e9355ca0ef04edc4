"""The services and agents that the demo shows."""
