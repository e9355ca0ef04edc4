"""`ravi auth`, `feedback` and `version`: about the command itself. Nobody logs in or out inside a session."""

from typing import Any

from constellagent.ravi.shim_program.failing import CallError
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.words import Given, Verb, Verbs


def status(login: Login, _: Given) -> Any:
    """Say who calls, without asking the API."""
    said: dict[str, object] = {"authenticated": bool(login.key)}
    if login.name:
        said["identity"] = login.name
    if login.uuid:
        said["identity_uuid"] = login.uuid
    return said


def log_in(login: Login, _: Given) -> Any:
    """Refuse: the session is somebody already."""
    raise CallError(
        f"this session is {login.name or 'an agent of constellagent'} already and stays it; a person logs in "
        "outside of a session"
    )


def log_out(_: Login, __: Given) -> Any:
    """Refuse: it would end nothing here, and a person's login elsewhere."""
    raise CallError("a session cannot log out; its key ends with it")


def feedback(_: Login, __: Given) -> Any:
    """Refuse: mail to the vendor is for a person to send."""
    raise CallError(
        "feedback is mail to the vendor of Ravi, which no session sends unasked; `ravi email send` could"
    )


def version(_: Login, __: Given) -> Any:
    """Say that this is not the vendor's client."""
    return {"message": "ravi of constellagent"}


VERBS: Verbs = {
    ("auth", "status"): Verb(status, "who this session is", ("identity",)),
    ("auth", "login"): Verb(log_in, "refused inside a session"),
    ("auth", "logout"): Verb(log_out, "refused inside a session"),
    ("feedback",): Verb(
        feedback, "refused inside a session", words=("[message]",), values={"--subject": "TEXT"}
    ),
    ("version",): Verb(version, "what this program is", ("message",)),
}
