"""What a face may ask about sandboxes, and the shapes of the answers."""

from typing import Literal, TypedDict


class SandboxRequest(TypedDict):
    """The agent whose sandbox is to be proven."""

    file: str
    agent: str


Outcome = Literal["pass", "fail", "not promised", "nothing to try"]


class LineView(TypedDict):
    """One line of the battery.

    Attributes:
        name: what was tried, in words.
        kind: whether it must be impossible (`kept`), must work, or is shared and promised by nobody.
        outcome: what that means for the sandbox.
        said: what came of it.
        tried: how many attempts were made.
        reached: which of them succeeded.
    """

    name: str
    kind: Literal["kept", "works", "shared"]
    outcome: Outcome
    said: str
    tried: int
    reached: list[str]


class SandboxReport(TypedDict):
    """What came of the battery: `held` where no line failed."""

    agent: str
    sandbox: str
    network: str
    held: bool
    lines: list[LineView]
