"""What must happen. Pure: desired and observed in, ordered actions out."""
