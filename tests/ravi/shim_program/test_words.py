"""The parser of the `ravi` command: what is a word, what a flag, what a value."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.shim_program.failing import CallError, WrongWordsError
from constellagent.ravi.shim_program.program import NOUNS, parse, verbs
from constellagent.ravi.shim_program.words import Given

WORDS = st.sampled_from(
    [
        *NOUNS,
        *(word for noun in NOUNS for name in verbs(noun) for word in name[1:]),
        *(flag for noun in NOUNS for verb in verbs(noun).values() for flag in (*verb.values, *verb.switches)),
        *(
            "--json",
            "--plain",
            "--name=x",
            "--wait=1",
            "--identity",
            "--unread=false",
            "-h",
            "--",
            "-",
            "help",
            "",
        ),
    ]
)


def given_of(*arguments: str) -> Given:
    """Return what a command line gives its verb."""
    parsed = parse(arguments)
    assert not isinstance(parsed, str)
    return parsed[2]


@given(st.lists(WORDS | st.text(max_size=8), max_size=8))
def test_any_words_are_parsed_or_refused(typed: list[str]) -> None:
    """Whatever is typed, the parser answers with a command, with help, or with an explanation."""
    with suppress(WrongWordsError):
        parsed = parse(typed)
        if isinstance(parsed, str):
            assert "ravi" in parsed
        else:
            name, verb, rest = parsed
            assert verbs(name[0])[name] is verb
            assert len(rest.words) <= len(verb.words)
            assert all(values for values in rest.flags.values())


def test_words_after_a_double_dash_are_no_flags() -> None:
    """What follows `--` is taken as it is."""
    assert given_of("identity", "create", "--", "--odd").words == ("--odd",)
    assert given_of("secrets", "set", "KEY", "--", "-x").words == ("KEY", "-x")


def test_flags_have_values_in_every_spelling() -> None:
    """Values follow or are joined, may look like flags, repeat, list with commas; a switch can be put off."""
    said = given_of(
        "email", "send", "--to=a@x.test", "--subject", "--odd", "--cc", "b@x.test, c@x.test", "--cc=d@x.test"
    )
    assert said.value("--to") == "a@x.test"
    assert said.value("--subject") == "--odd"
    assert said.listed("--cc") == ["b@x.test", "c@x.test", "d@x.test"]
    assert (said.value("--body"), said.listed("--bcc"), said.has("--body")) == ("", [], False)
    assert given_of("inbox", "email", "--unread").is_on("--unread")
    assert not given_of("inbox", "email", "--unread=false").is_on("--unread")
    assert given_of("contacts", "create", "--email", "").has("--email")


def test_the_verb_is_found_behind_the_flag_of_the_identity() -> None:
    """The value of `--identity` is not mistaken for the command."""
    said = given_of("--identity", "get", "inbox", "email", "thread")
    assert (said.value("--identity"), said.words) == ("get", ("thread",))


def test_what_is_required_is_named() -> None:
    """Missing flags are named together, in the real client's words."""
    with pytest.raises(CallError, match=r'^required flag\(s\) "to", "body" not set$'):
        Given((), {"--subject": ("x",)}).required("--to", "--subject", "--body")
