"""What a model may do through the Model Context Protocol: one module a group of tools."""
