"""What is said over a terminal's WebSocket beside the bytes themselves."""

from typing import Literal, NotRequired, TypedDict

from constellagent.faces.web.ranges import Side

RESTARTED = 4001
"""Close code: the subject has another session now; whoever comes again sees that."""


class TerminalQuery(TypedDict, total=False):
    """How to join: with `write` what is typed reaches the program, and the size given becomes its own."""

    mode: Literal["read", "write"]
    rows: Side
    columns: Side


class TerminalMessage(TypedDict):
    """One text message of the server; binary ones are the program's output.

    snapshot  session, rows, columns, mode, live, bytes   begin anew with this size; the next `bytes` bytes
                                                  of output draw the screen
    sized     rows, columns                       the program's terminal has this size for what follows
    resync                                        some output was left out; a snapshot follows
    refused   text                                what was asked or typed was refused, in words
    exit      text, exit_status, signal           the session ended; what it showed stays
    gone      text                                the session cannot be reached now; come again

    After `exit` the connection stays open until the subject has another session, and is closed with
    `RESTARTED` then; at once and with 1000 where the subject was the id of a session.
    """

    type: Literal["snapshot", "sized", "resync", "refused", "exit", "gone"]
    session: NotRequired[str]
    rows: NotRequired[int]
    columns: NotRequired[int]
    mode: NotRequired[Literal["read", "write"]]
    live: NotRequired[bool]
    bytes: NotRequired[int]
    text: NotRequired[str]
    exit_status: NotRequired[int | None]
    signal: NotRequired[int | None]
