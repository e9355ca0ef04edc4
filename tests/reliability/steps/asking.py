"""Questions to the provider of a laboratory, by who owns the machine and by its identities."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from tests.reliability.steps.steplab import Died, StepLab


def ask(lab: StepLab, method: str, path: str, body: Mapping[str, object] | None = None, key: str = "") -> Any:
    """Send one request to the provider; returns the answer's JSON.

    Raises:
        Died: nobody answered it to the end.
    """
    url = place(lab, "api")
    headers = {"Authorization": f"Bearer {key or person(lab)}"}
    try:
        answer = httpx.request(method, url + path, json=body, headers=headers, timeout=30, trust_env=False)
    except httpx.TransportError as error:
        raise Died from error
    assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None


def person(lab: StepLab) -> str:
    """Return the key of the person; it is made while nothing fails yet."""
    file = lab.folder / "person.key"
    if not file.exists():
        url = place(lab, "api")
        asked = httpx.post(f"{url}/api/auth/device/", json={}, timeout=30, trust_env=False)
        lab.do("provider", "allow-login", asked.json()["user_code"])
        granted = httpx.post(
            f"{url}/api/auth/device/token/",
            json={"device_code": asked.json()["device_code"], "wait": True},
            timeout=30,
            trust_env=False,
        )
        file.write_text(granted.json()["management_key"])
    return file.read_text()


def place(lab: StepLab, name: str) -> str:
    """Return where the provider is reached, as it was told while nothing failed."""
    file = lab.folder / "places.json"
    if not file.exists():
        file.write_text(lab.do("provider", "status", "--json"))
    return str(json.loads(file.read_text())[name])


def resident(lab: StepLab, name: str) -> dict[str, Any]:
    """Return an identity, with a key of its own."""
    file = lab.folder / f"{name}.json"
    if not file.exists():
        rows = ask(lab, "GET", "/api/identities/")
        (found,) = [row for row in rows if row["name"] == name]
        wanted = {"label": "test", "identity_uuid": found["uuid"]}
        found["key"] = ask(lab, "POST", "/api/auth/keys/identity/", wanted)["key"]
        file.write_text(json.dumps(found))
    row: dict[str, Any] = json.loads(file.read_text())
    return row


def key_of(lab: StepLab, name: str) -> str:
    """Return the key of an identity."""
    return str(resident(lab, name)["key"])
