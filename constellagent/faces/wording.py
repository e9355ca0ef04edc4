"""Numbers in words, the same for every face that shows them; imports nothing, as every command uses it."""


def counted(number: int, noun: str) -> str:
    """Return `1 agent`, `2 agents`, `no agents`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
