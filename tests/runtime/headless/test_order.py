"""What a headless run is told."""

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.runtime.headless import order
from constellagent.runtime.headless.order import Order

TEXT = st.text(st.characters(codec="utf-8"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        Order,
        argv=st.lists(TEXT, min_size=1).map(tuple),
        stream=TEXT,
        stdin=st.booleans(),
        limit=st.none() | st.floats(0, 1e9),
        grace=st.floats(0, 1e9),
    )
)
def test_what_is_written_is_read(tmp_path: Path, given_order: Order) -> None:
    """An order comes back as it was written, whatever its words hold."""
    (tmp_path / order.NAME).write_text(order.write(given_order), encoding="utf-8")

    assert order.read(str(tmp_path)) == given_order


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"argv": 1}', json.dumps({**Order(("a",))._asdict(), "limit": []})]
)
def test_what_is_no_order_is_refused(tmp_path: Path, text: str) -> None:
    """A file that is no order is an error of one kind."""
    (tmp_path / order.NAME).write_text(text, encoding="utf-8")

    with pytest.raises(ValueError, match=r"."):
        order.read(str(tmp_path))


def test_the_words_name_the_program_by_its_path() -> None:
    """The process starts without the site packages, and its words hold no prompt."""
    program, *options, path, folder = order.words("/s/1")

    assert (program, options, folder) == (sys.executable, ["-I", "-S"], "/s/1")
    assert os.path.isfile(path)  # noqa: PTH113 - a path of words
