"""Making it so: the only layer that touches git, processes, files and the clock."""
