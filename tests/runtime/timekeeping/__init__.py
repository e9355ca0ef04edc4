"""Answering people about schedules."""
