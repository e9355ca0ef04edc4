"""Keys, mouse and pastes: what is typed, and what programs get of it."""
