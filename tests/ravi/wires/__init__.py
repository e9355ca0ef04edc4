"""What goes over the wire, area by area."""
