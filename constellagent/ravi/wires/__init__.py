"""What goes over the wire, one module for each area of Ravi's API."""
