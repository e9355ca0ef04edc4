"""What programs write into the transcripts of conversations about the tokens that these have used.

No hook tells it, and a transcript grows while it is read: a meter takes each line once and keeps the sums.
"""
