"""State and holders of earlier releases, kept as they were, and what today's release makes of them."""
