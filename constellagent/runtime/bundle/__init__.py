"""What a person sends along with a report of a defect: facts about this installation, and no secret.

Two walls stand between a secret and the archive. Of everything structured only what is listed by name is
taken, so that a prompt, a mail or a command is not in it whatever it holds. And every text that is taken goes
through `redaction`, which takes out the values that we know and whatever looks like one.
"""
