"""The API of a real daemon with real agents, as a program on the other side of its port sees it."""
