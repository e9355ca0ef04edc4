"""What faces that stay are told."""
