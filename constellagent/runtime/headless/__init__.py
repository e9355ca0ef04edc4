"""Runs of coding agents that nobody watches: a small process starts each, reads it, and judges how it went.

`order`, `result` and what the small process is made of need the standard library only, because it starts
with every run; `verdicts` is how everybody else reads what it left.
"""
