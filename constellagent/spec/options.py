"""What a file may say of the coding agent itself: model, permissions, profile and further words.

One set of keys for all kinds, which each kind translates into its own options; what only one of them knows
goes through `args`.
"""

from typing import Annotated, Literal

from pydantic import Field

from constellagent.spec.values import Block, Flag, Text


class Options(Block):
    """How the coding agent is to work, in the same words for every kind."""

    model: Text | None = Field(
        None, description="The model, as the program names it. Default: its own choice."
    )
    permissions: Literal["ask", "read", "edit", "all"] | None = Field(
        None,
        description="What it may do without asking where somebody can answer. ask: nothing. read: look "
        "around. edit: change files and commit in its worktree. all: anything. Default: the program's own.",
    )
    unattended: Literal["read", "edit", "all"] = Field(
        "edit",
        description="What a run may do that nobody watches; whatever else it wants is denied, never asked.",
    )
    allow: Annotated[tuple[Text, ...], Field(max_length=100)] = Field(
        (), description="Tools that it may use beside, in the program's own words, such as Bash(npm test:*)."
    )
    args: Annotated[tuple[Text, ...], Field(max_length=100)] = Field(
        (), description="Further words for the program, before the prompt."
    )
    profile: Literal["person", "agent"] = Field(
        "person",
        description="Whose configuration and login of the program it uses. person: yours. agent: its own, in "
        "a folder of the agent, which knows no login but the variables of env.pass.",
    )
    hooks: Flag = Field(True, description="Whether it tells its state by hooks, set up for the run only.")
    mcp: Flag = Field(True, description="Whether it gets the tools of its identity as an MCP server.")
    instructions: Text | None = Field(
        None, description="What it is told about its work at each start, beside who it is."
    )
