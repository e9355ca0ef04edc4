"""The multiplexer: the terminals of all agents in one, and what a person decides about them."""
