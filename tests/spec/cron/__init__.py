"""Tests of cron expressions: the grammar, the wall clock, offset changes, and Debian's own answers."""
