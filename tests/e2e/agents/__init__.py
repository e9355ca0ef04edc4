"""The real coding agents, run by the real daemon against a model of ours, with a home of their own."""
