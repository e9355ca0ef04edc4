"""The battery that runs inside a sandbox: tries what must be impossible there, and what must work."""
