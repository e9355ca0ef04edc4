"""What a face may ask about a session's screen, and the shapes of the answers."""

from typing import Literal, NotRequired, TypedDict

ScreenForm = Literal["ansi", "engine", "text"]
"""`ansi` draws the screen on any fresh terminal of its size; `engine` is exact, for the same release of the
terminal engine only (`ScreenView.engine`); `text` is plain lines without colours."""


class ScreenRequest(TypedDict):
    """Which screen. `history` is how many rows of scrollback to add, -1 for all there are.

    With `rows` and `columns` the answer waits a moment for the screen to have that size, as after a resize.
    """

    file: str
    subject: str
    form: ScreenForm
    history: NotRequired[int]
    rows: NotRequired[int]
    columns: NotRequired[int]


class ScreenView(TypedDict):
    """A session's screen as it was after its output up to `offset` of the log; `data` is base64.

    `engine` names the release of the terminal engine. `form` may be `ansi` where `engine` was asked for.
    """

    session: str
    rows: int
    columns: int
    offset: int
    form: ScreenForm
    engine: str
    title: str
    data: str
