"""How a table is written in the README."""


def table(*rows: tuple[str, ...]) -> str:
    """Return a Markdown table; the first row is its head."""
    lines = ["| " + " | ".join(_cell(text) for text in row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def _cell(text: str) -> str:
    escaped = text.replace("|", "\\|")
    return escaped if escaped.startswith("`") else escaped.replace("<", "&lt;")
