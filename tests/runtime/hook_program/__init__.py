"""The program that hooks call."""
