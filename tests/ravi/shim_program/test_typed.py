"""What is typed or piped into the `ravi` command: to its end, as text, and not too much."""

import asyncio
import subprocess

import pytest

from constellagent.ravi.shim_program import typed
from constellagent.ravi.shim_program.failing import WrongWordsError
from tests.ravi.shim_program.running import Agent, finished


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("90", 90), ("1.5", 1.5), ("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86400)],
)
def test_times_are_read(text: str, expected: float) -> None:
    """A number is seconds; units are of one letter."""
    assert typed.seconds(text, "--wait") == expected


@pytest.mark.parametrize("text", ["", "s", "x", "-1", "1e9", "1 m", "1w", "nan", "1.2.3", "٣", "9999999999"])
def test_other_times_are_refused(text: str) -> None:
    """Anything else is named together with what would do."""
    with pytest.raises(WrongWordsError, match="--wait takes seconds"):
        typed.seconds(text, "--wait")


async def test_a_slow_writer_is_waited_for_and_told(ada: Agent, ben: Agent) -> None:
    """A pipe that stays silent is read to its end nevertheless; meanwhile stderr says what is waited for."""
    process = await asyncio.create_subprocess_exec(
        ada.shim.program,
        *("email", "send", "--to", ben.address, "--subject", "slow", "--plain"),
        env={"HOME": str(ada.shim.home), **ada.env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    told = await asyncio.wait_for(process.stderr.readline(), 20)
    assert told == b"ravi: reading the text of the mail from standard input, until it ends\n"
    process.stdin.write(b"at last")
    process.stdin.close()
    assert await process.wait() == 0
    assert [mail["text_content"].strip() for mail in await ben.json("message", "email")] == ["at last"]


async def test_too_much_is_refused(ada: Agent) -> None:
    """An endless input ends with an error, not with the machine's memory."""
    script = f"exec '{ada.shim.program}' secrets set K < /dev/zero"
    got = await finished(["/bin/sh", "-c", script], {"HOME": str(ada.shim.home), **ada.env}, ada.shim.home)
    assert got.returncode == 1
    assert "larger than 16 MiB" in got.stderr


async def test_no_standard_input_is_no_traceback(ada: Agent, ben: Agent) -> None:
    """With standard input closed, what needs it says so and what does not works."""
    env = {"HOME": str(ada.shim.home), **ada.env}
    script = f"exec '{ada.shim.program}' secrets set K <&-"
    got = await finished(["/bin/sh", "-c", script], env, ada.shim.home)
    assert got.returncode == 1
    assert "Traceback" not in got.stderr
    script = f"exec '{ada.shim.program}' email send --to {ben.address} --subject closed <&-"
    got = await finished(["/bin/sh", "-c", script], env, ada.shim.home)
    assert got.returncode == 0, got
