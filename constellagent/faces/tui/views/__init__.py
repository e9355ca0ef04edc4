"""Whole panes of the multiplexer that are no terminals: schedules, inboxes, diffs, plans, events, audit."""
