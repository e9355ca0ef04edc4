"""What browsers and programs are shown as it changes: one look at everything, for all who watch."""
