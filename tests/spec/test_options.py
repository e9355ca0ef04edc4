"""What a file may say of the coding agent itself."""

import pytest
from pydantic import ValidationError

from constellagent.spec.options import Options


def test_nothing_said_is_the_programs_own_way() -> None:
    """But for runs that nobody watches, whose policy is always explicit."""
    options = Options()

    assert (options.model, options.permissions, options.allow, options.args) == (None, None, (), ())
    assert (options.unattended, options.profile, options.hooks, options.mcp) == ("edit", "person", True, True)


@pytest.mark.parametrize(
    "wrong",
    [{"unattended": "ask"}, {"permissions": "yolo"}, {"profile": "mine"}, {"mcp": "yes"}, {"modle": "x"}],
)
def test_other_words_are_refused(wrong: dict[str, str]) -> None:
    """An unattended run has nobody to ask, and a misspelt key does nothing."""
    with pytest.raises(ValidationError):
        Options.model_validate(wrong)
