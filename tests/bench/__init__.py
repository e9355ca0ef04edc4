"""Speed, measured side by side with what it is compared with, in one run: `python -m tests.bench`."""
