"""Requests of the `ravi` command that go wrong: a line of JSON each, and no key where it does not belong."""

import json

import pytest

from tests.ravi.provided import Provided
from tests.ravi.scripted import CLOSE, RESET, answer, scripted
from tests.ravi.shim_program.running import Shim, session


async def test_nobody_there_is_exit_69(shim: Shim, local: Provided) -> None:
    """A daemon that does not run, resets or hangs up is said as such, with its own exit code."""
    env = session(local, "ravi_id_x")
    await local.provider.stop()
    got = await shim.run("get", "email", env=env)
    assert got.returncode == 69
    assert "daemon" in json.loads(got.stderr)["error"]
    for failure in (RESET, CLOSE):
        async with scripted(failure) as script:
            got = await shim.run("get", "email", env={"RAVI_API_URL": script.url, "RAVI_API_KEY": "k"})
        assert got.returncode == 69
        json.loads(got.stderr)


async def test_odd_answers_are_errors_without_a_traceback(shim: Shim) -> None:
    """A page, rows of another shape, a redirect and a bare status all end in one line of JSON."""
    odd = [
        answer(200, raw=b"<html>"),
        answer(200, {"a": 1}),
        answer(200, [1]),
        answer(200, []),
        answer(302, headers="Location: https://evil.example/\r\n"),
        answer(401, {"detail": "Invalid API key."}),
        answer(500, ["x"]),
    ]
    async with scripted(*odd) as script:
        for _ in odd:
            got = await shim.run("get", "email", env={"RAVI_API_URL": script.url, "RAVI_API_KEY": "k"})
            assert got.returncode == 1, got
            assert json.loads(got.stderr)["error"]
            assert "Traceback" not in got.stderr


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example",
        "ftp://127.0.0.1",
        "127.0.0.1:80",
        "http://127.0.0.1.evil.example",
        "http://[::1",
    ],
)
async def test_the_key_is_not_sent_in_clear(shim: Shim, url: str) -> None:
    """An address that is neither https nor this machine is refused before anything is sent."""
    got = await shim.run("get", "email", env={"RAVI_API_URL": url, "RAVI_API_KEY": "k"})
    assert got.returncode == 1
    assert "RAVI_API_URL" in json.loads(got.stderr)["error"]


async def test_an_odd_key_is_not_sent(shim: Shim, local: Provided) -> None:
    """A key with a line break cannot smuggle a header in, and is not repeated."""
    got = await shim.run("get", "email", env=session(local, "canary\r\nX-Evil: 1"))
    assert got.returncode == 1
    assert "canary" not in got.stderr
    json.loads(got.stderr)


async def test_a_limit_says_when_to_come_back(shim: Shim) -> None:
    """What is refused for now names the seconds until it is not."""
    refusal = answer(429, {"detail": "Too many."}, headers="Retry-After: 7\r\n")
    async with scripted(refusal) as script:
        got = await shim.run("get", "email", env={"RAVI_API_URL": script.url, "RAVI_API_KEY": "k"})
    assert json.loads(got.stderr) == {"error": "API error: Too many. Try again in 7 s."}


async def test_a_list_in_an_envelope_is_read(shim: Shim) -> None:
    """A server that wraps its lists is understood; the identity of the folder is named to it."""
    async with scripted(answer(200, {"results": [{"domain": "x.test"}]})) as script:
        (shim.home / "work" / ".ravi").mkdir(parents=True)
        config = {"identity_key": "k", "identity_uuid": "a b"}
        (shim.home / "work" / ".ravi" / "config.json").write_text(json.dumps(config))
        got = await shim.run(
            "domains", "--plain", env={"RAVI_API_URL": f"{script.url}/base/"}, cwd=shim.home / "work"
        )
        assert (got.stdout, script.asked) == ("x.test\n", ["GET /base/api/domains/?identity=a+b"])
