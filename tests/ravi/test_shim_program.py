"""The parts of the `ravi` command that need no process: its parser and its table."""

import subprocess
import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.shim_program import VERBS, Login, WrongWordsError, parse, usage

WORDS = st.sampled_from(
    [
        "get",
        "email",
        "phone",
        "identity",
        "create",
        "list",
        "--json",
        "--plain",
        "--name",
        "--name=x",
        "-h",
        "--",
        "-",
    ]
)


@given(st.lists(WORDS | st.text(max_size=8), max_size=8))
def test_any_words_are_parsed_or_refused(words: list[str]) -> None:
    """Whatever is typed, the parser answers with a command, with help, or with an explanation."""
    with suppress(WrongWordsError):
        verb, given_words = parse(words)
        assert verb is None or verb in VERBS.values()
        assert verb is None or len(given_words.words) <= len(verb.words)


@pytest.mark.parametrize("name", VERBS)
def test_every_command_is_in_the_help(name: tuple[str, ...]) -> None:
    """A row of the table is reachable by its words and listed."""
    verb, _ = parse(name)
    assert verb is VERBS[name]
    assert f"ravi {' '.join(name)}" in usage()


def test_words_after_a_double_dash_are_no_flags() -> None:
    """What follows `--` is taken as it is."""
    _, words = parse(["identity", "create", "--", "--odd"])
    assert words.words == ("--odd",)


def test_the_key_is_not_shown() -> None:
    """A login in a traceback says who and where, not with what."""
    assert "hush" not in repr(Login("https://host", "hush", "docs"))


def test_nothing_but_the_standard_library_is_imported() -> None:
    """The program loads itself and the two empty packages around it, and nothing else of ours or others."""
    code = (
        "import sys; sys.path.append(sys.argv[1]); import constellagent.ravi.shim_program; "
        "print([n for n in sys.modules if n.partition('.')[0] not in sys.stdlib_module_names])"
    )
    root = str(__file__).rpartition("/tests/")[0]
    done = subprocess.run(
        [sys.executable, "-IS", "-c", code, root], capture_output=True, text=True, check=True
    )
    ours = ["__main__", "constellagent", "constellagent.ravi", "constellagent.ravi.shim_program"]
    assert sorted(eval(done.stdout)) == ours
