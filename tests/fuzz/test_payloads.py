"""What a shell would run, in every text of the file: only a declared `shell` line is ever read by one."""

import json
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import SpecError
from constellagent.spec.load import load
from tests.reliability.lab import Lab, git, wait_for

PAYLOADS = (
    *("; touch {m}", "$(touch {m})", "`touch {m}`", "| touch {m}", "& touch {m} &", "x && touch {m}"),
    *(
        "\ntouch {m}\n",
        "'; touch {m}; '",
        '"; touch {m}; "',
        "$(touch${{IFS}}{m})",
        "--upload-pack=touch {m}",
    ),
    *("-otouch={m}", "--exec=touch {m}", "%s%n{m}", "${{HOME}}{m}", "!touch {m}", "ext::sh -c 'touch {m}'"),
    *("$(`touch {m}`)", "{{{{touch {m}}}}}", "\\$(touch {m})", "x\n--exec=touch {m}", "~/$(touch {m})"),
)
"""What shells, git and templates run, and what programs take for options; `{m}` is a file to be made."""

_PRINTS = ["python3", "-c", "import sys, time; print(sys.argv[1:], flush=True); time.sleep(999)"]


def base() -> dict[str, Any]:
    """Return a file that uses every field that holds a text."""
    agent = {
        "command": [*_PRINTS, "text"],
        "prompt": "text",
        "base": "main",
        "branch": "work/docs",
        "env": {"set": {"TOLD": "text"}},
        "setup": [["true", "text"]],
        "include": ["kept.log"],
        "identity": {"name": "docs", "email": "docs"},
        "ports": ["web"],
        "schedules": {
            "daily": {"cron": "0 0 1 1 *", "command": ["true", "text"], "timezone": "UTC", "base": "main"},
            "mail": {"on": {"email": {"from": "text", "subject": "text"}}, "prompt": "text"},
        },
    }
    shop = {
        "command": [*_PRINTS, "text"],
        "env": {"set": {"TOLD": "text"}},
        "ready": {"log": "text", "timeout": "1s"},
    }
    return {
        "version": 1,
        "name": "lab",
        "timezone": "UTC",
        "worktrees": "../{repo}.worktrees",
        "owner": {"email": "me@a.test"},
        "services": {"shop": shop},
        "agents": {"docs": agent},
    }


Path_ = tuple[Any, ...]
_BASE = ("agents", "docs", "base")


def texts(value: Any, at: Path_ = ()) -> list[Path_]:
    """Return where texts stand, keys of mappings too (as a place whose last step is `None`)."""
    if isinstance(value, dict):
        own = [
            (*at, key, None) for key in value if at and at[-1] in {"agents", "services", "schedules", "set"}
        ]
        return own + [place for key, inner in value.items() for place in texts(inner, (*at, key))]
    if isinstance(value, list):
        return [place for number, inner in enumerate(value) for place in texts(inner, (*at, number))]
    return [at] if isinstance(value, str) else []


def put(value: Any, at: Path_, text: str) -> None:
    """Put a text at a place."""
    *above, last = at
    if last is None:
        *above, last = above
        around = _inside(value, above)
        around[text] = around.pop(last)
    else:
        _inside(value, above)[last] = text


def _inside(value: Any, steps: list[Any]) -> Any:
    for step in steps:
        value = value[step]
    return value


def accepted(value: Any) -> bool:
    """Whether it is a valid file; JSON is YAML."""
    try:
        load(json.dumps(value).encode(), "f")
    except SpecError:
        return False
    return True


def with_payloads(marker: Path, first: int, step: int) -> dict[str, Any]:
    """Return a file whose texts are payloads: the first that each may hold, tried from `first` on.

    From one text to the next the trial begins `step` payloads further.
    """
    file = base()
    # A program and its options must be such, and what a branch begins with must exist.
    options = {place for place in texts(file) if "command" in place and _inside(file, list(place)) != "text"}
    places = [place for place in texts(file) if place[-1] != 0 and place not in {_BASE, *options}]
    for number, at in enumerate(places):
        for offset in range(len(PAYLOADS)):
            payload = PAYLOADS[(first + number * step + offset) % len(PAYLOADS)].format(m=marker)
            tried = json.loads(json.dumps(file))
            put(tried, at, payload)
            if accepted(tried):
                file = tried
                break
    return file


def declare(lab: Lab, value: Any) -> None:
    """Write and commit the file."""
    lab.file.write_text(json.dumps(value, indent=1))


def through(lab: Lab, file: dict[str, Any]) -> None:
    """Do with a file all that a person does; an agent with a `shell` line shows that a payload would run."""
    proof = lab.folder / "proof"
    shown = {"shell": f"true {PAYLOADS[0].format(m=proof)}; sleep 999", "identity": False}
    declare(lab, {**file, "agents": {**file["agents"], "shown": shown}})
    lab.run("validate")
    lab.run("plan")
    done = lab.run(
        "apply", "--yes", check=1
    )  # the service never writes the payload that it is to be ready by
    assert "was not ready" in f"{done.stdout}{done.stderr}"
    assert "docs: started" in f"{done.stdout}{done.stderr}"
    wait_for(proof.exists, "a payload that is to run")
    proof.unlink()
    lab.run("status")
    (name,) = file["agents"]
    lab.run("diff", name)
    lab.run("send", name, "; touch x", check=None)
    lab.run("destroy", "--yes", "--force")


def run_through(turns: range, step: int) -> None:
    """Go through files with other payloads in other places, and look for what they would have made."""
    with Lab(agents=0) as lab:
        marker = Path("/tmp") / f"{lab.folder.name}-made"
        (lab.repo / "kept.log").write_text("x")
        for first in turns:
            file = with_payloads(marker, first, step)
            assert json.dumps(file).count(marker.name) >= 15
            through(lab, file)
            put(file, _BASE, PAYLOADS[(first + 1) % len(PAYLOADS)].format(m=marker))
            declare(lab, file)
            lab.run("plan", check=None)
            assert not marker.exists(), file
        git(lab.repo, "fsck", "--no-dangling")


@pytest.mark.timeout(180)
def test_d10_no_text_of_a_file_is_read_by_a_shell() -> None:
    """A file of payloads in a real lab: nothing reads them, where one in a declared `shell` line is run."""
    run_through(range(1), 1)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_d10_no_payload_of_any_text_is_read_by_a_shell() -> None:
    """Each payload in each text that may hold it, in as many files as there are payloads."""
    run_through(range(len(PAYLOADS)), 1)


def test_d10_names_hold_no_payload() -> None:
    """What becomes a folder, a variable, a zone or an address is refused."""
    strict = [at for at in texts(base()) if at[-1] in {None, "email", "timezone"} or "ports" in at]
    assert len(strict) >= 8
    for at in strict:
        for payload in PAYLOADS:
            file = base()
            put(file, at, payload.format(m="/tmp/x"))
            assert not accepted(file), (at, payload)
