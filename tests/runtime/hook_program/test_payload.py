"""What a program gave its hook, cut to what a holder takes."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from constellagent.runtime.holder.protocol import REPORT_DATA
from constellagent.runtime.hook_program.payload import fit

texts = st.one_of(
    st.text(max_size=30), st.integers(1, 400_000).map(lambda n: "x" * n), st.just("\ud800\x00" * 40_000)
)
values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=6), st.dictionaries(texts, inner, max_size=6)),
    max_leaves=12,
)
SAID = {"session_id": "one", "hook_event_name": "PreToolUse", "tool_name": "Write"}


def large(**more: Any) -> bytes:
    """Return a payload that says something at its top, and much after that."""
    return json.dumps({**SAID, **more}).encode()


@settings(deadline=None, max_examples=25)
@given(st.dictionaries(texts, values, max_size=8))
def test_whatever_is_given_fits_and_stays_json(members: dict[str, Any]) -> None:
    """What fits is left alone, byte for byte; anything else becomes a JSON object that fits."""
    data = json.dumps(members).encode()
    cut = fit(data)
    assert len(cut) <= REPORT_DATA
    assert cut == data if len(data) <= REPORT_DATA else isinstance(json.loads(cut), dict)


@settings(deadline=None, max_examples=25)
@given(st.binary(max_size=50), st.integers(1, 3))
def test_no_bytes_break_it(seed: bytes, times: int) -> None:
    """Whatever a program writes, what is reported is a JSON object or what was written."""
    data = (b'{"a": 1, ' + seed) * (1 + times * 10_000)
    assert len(fit(data)) <= REPORT_DATA


def test_long_texts_are_cut_and_the_rest_stays() -> None:
    """Of a large file that a tool is to write, the beginning stays; all that is short is whole."""
    cut = json.loads(fit(large(tool_input={"path": "/a", "content": "y" * 3_000_000})))
    assert {name: cut[name] for name in SAID} == SAID
    assert cut["tool_input"]["path"] == "/a"
    assert 1000 < len(cut["tool_input"]["content"]) < 40_000


def test_a_prompt_of_twenty_thousand_characters_is_never_cut() -> None:
    """Even beside a large answer, a prompt stays whole: by it one knows that it was taken."""
    prompt = "\N{SNOWMAN}" * 20_000
    cut = json.loads(fit(large(prompt=prompt, other="y" * 3_000_000)))
    assert cut["prompt"] == prompt


def test_many_parts_and_deep_ones_are_cut_too() -> None:
    """Lists, objects and nesting without end leave what is at the top."""
    deep: Any = "end"
    for _ in range(200):
        deep = [deep]
    many = [{"n": n, "text": "z" * 100} for n in range(10_000)]
    numbers = {f"k{n}": 1 for n in range(50_000)}
    cut = json.loads(fit(large(deep=deep, many=many, numbers=numbers)))
    assert {name: cut[name] for name in SAID} == SAID


def test_a_text_that_is_cut_off_gives_what_came_before() -> None:
    """Members up to the place where it ends, or makes no sense, are reported."""
    whole = large(tool_input={"content": "y" * 3_000_000})
    assert json.loads(fit(whole[:1_000_000])) == SAID
    assert json.loads(fit(whole[:-1] + b" , nonsense" + b" " * 100)) | SAID == json.loads(fit(whole))
    assert json.loads(fit(b"[" * REPORT_DATA + b"[")) == {}
    assert json.loads(fit(b'{"a": ' + b"[" * REPORT_DATA)) == {}
    assert json.loads(fit(b'{"a"  1' + b" " * REPORT_DATA)) == {}
    assert json.loads(fit(b'{1: 2, "a": 1' + b" " * REPORT_DATA)) == {}
