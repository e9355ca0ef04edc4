"""What a holder is told on its stdin. Never by argv: the environment in it holds secrets."""

import json


class Config:
    """One session to start.

    Attributes:
        session: its id.
        argv: the program and its arguments.
        cwd: where it runs.
        env: its whole environment.
        rows: of its pty.
        columns: of its pty.
        socket: absolute path of the unix socket to serve.
        folder: absolute path of the session's folder, which exists.
        log_bytes: output to keep.
        grace: seconds between SIGTERM and SIGKILL where a stop names none.
        clipboard: the program may write to the clipboard of a terminal that is attached.
        descriptors: how many files the program may open, 0 for as many as the holder.
        pty_size: whose size the pty has, `latest` or `smallest` of those who are attached.
    """

    __slots__ = (
        "argv",
        "clipboard",
        "columns",
        "cwd",
        "descriptors",
        "env",
        "folder",
        "grace",
        "log_bytes",
        "pty_size",
        "rows",
        "session",
        "socket",
    )

    def __init__(self, text: bytes) -> None:
        """Read the JSON text.

        Raises:
            ValueError: it is not what the launcher of this version writes.
        """
        try:
            value = json.loads(text)
            self.session = str(value["session"])
            self.argv = [str(word) for word in value["argv"]]
            self.cwd = str(value["cwd"])
            self.env = {str(name): str(content) for name, content in value["env"].items()}
            self.rows = int(value["rows"])
            self.columns = int(value["columns"])
            self.socket = str(value["socket"])
            self.folder = str(value["folder"])
            self.log_bytes = int(value["log_bytes"])
            self.grace = float(value["grace"])
            self.pty_size = str(value.get("pty_size", "latest"))
            self.clipboard = bool(value.get("clipboard", False))
            self.descriptors = int(value.get("descriptors", 0))
        except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise ValueError(f"the launch lacks a part or has one of the wrong kind: {error}") from error

    @property
    def log(self) -> str:
        """The folder of the session's output."""
        return f"{self.folder}/log"
