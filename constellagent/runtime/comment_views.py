"""What a face may ask about review comments, and the shapes of the answers."""

from typing import Literal, NotRequired, TypedDict

CommentAction = Literal["list", "add", "edit", "resolve", "reopen", "remove", "send"]
"""What can be asked; `CommentRequest` says which keys each takes."""

PERSON = "person"
"""The author of comments that no agent wrote."""

LONGEST_COMMENT = 20_000
"""Characters that one comment may have."""


class CommentRequest(TypedDict):
    """One question about the comments on an agent's work; those in brackets may be left out.

    list     [states]                                              list[CommentView], by path and line
    add      path, side, line, end_line, text, [quote, revision]   CommentView
    edit     id, text                                              CommentView
    resolve, reopen                       id                       CommentView
    remove   id                                                    CommentView, as it was
    send     [ids, text, over_limit]                               SentView; without ids all open ones

    `side` is `old` or `new`, lines are 1-based and included; line 0 means the whole file, and an empty path
    the whole work. `quote` is the text of the lines as the reviewer saw them; `revision` is what that side
    showed. `text` of a `send` goes before the comments. `author` is who writes: `person`, or an agent's name.
    """

    file: str
    agent: str
    action: CommentAction
    id: NotRequired[str]
    ids: NotRequired[list[str]]
    states: NotRequired[list[str]]
    path: NotRequired[str]
    side: NotRequired[Literal["old", "new"]]
    line: NotRequired[int]
    end_line: NotRequired[int]
    text: NotRequired[str]
    quote: NotRequired[str]
    revision: NotRequired[str]
    author: NotRequired[str]
    over_limit: NotRequired[bool]


class CommentView(TypedDict):
    """One comment. Times are epoch seconds.

    `state` is `open` (not sent, or changed since), `sent`, or `resolved`. `line` and `end_line` are where the
    quoted lines are in the file now, as far as they can be found there; `outdated` says that they cannot.
    """

    id: str
    agent: str
    path: str
    side: Literal["old", "new"]
    line: int
    end_line: int
    text: str
    quote: str
    revision: str
    author: str
    state: Literal["open", "sent", "resolved"]
    outdated: bool
    created_at: float
    edited_at: float
    sent_at: float | None


class SentView(TypedDict):
    """How a batch of comments went to the agent: `sent` only where the terminal showed that it took it.

    `why` says what is known otherwise, in words; comments stay open then. `prompt` is the text.
    """

    sent: bool
    why: str
    prompt: str
    ids: list[str]
