"""What real programs write, read by our screens and by tmux: both must show the same."""
