"""Copy mode: scrolling, searching, selecting, and where copies go."""
