"""The whole command against faults of the file, the repository, the machine and of people."""
