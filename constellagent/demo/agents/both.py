"""Signs up at Twokeys, which wants a code from the mailbox and one from the phone, and gives out an API key.

The same steps as in the shell scripts beside it, as a program: `ravi` prints JSON.
"""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ravi(*words: str, stdin: str = "") -> Any:
    """Run one command of this session's identity and return what it printed."""
    done = subprocess.run(["ravi", *words], input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"ravi {words[0]}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def ask(path: str, key: str = "", **fields: str) -> Any:
    """Post fields as JSON, or fetch a page with an API key; say what the service says."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    data = json.dumps(fields).encode() if fields else None
    request = urllib.request.Request(os.environ["TWOKEYS"] + path, data, headers)  # noqa: S310 - the service's own address
    try:
        with _opener.open(request, timeout=30) as answer:
            said = json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            sys.exit(f"refused with {refused.code}: {json.load(refused)['error']}")
    say(said["message"])
    return said


def say(line: str) -> None:
    """Write a line to the terminal at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Sign up, prove both contacts, keep what comes of it, and report."""
    email, phone = ravi("get", "email")["email"], ravi("get", "phone")["phone_number"]
    password = ravi("passwords", "create", "twokeys.example", "--generate")["password"]

    say(f"signing up at Twokeys as {email}")
    ask("/sign-up", email=email, phone=phone, password=password)
    texted = ravi("otp", "--from", "+18005550124", "--wait", "60", "--json")["code"]
    ask("/verify", phone=phone, code=texted)
    mailed = ravi("otp", "--from", "no-reply@twokeys.example", "--wait", "60", "--json")["code"]
    key = ask("/verify", email=email, code=mailed)["api_key"]
    ravi("secrets", "set", "TWOKEYS_API_KEY", stdin=key)
    ask("/me", key=ravi("secrets", "get", "TWOKEYS_API_KEY")["value"])

    subject, body = f"Twokeys: {email} is verified", "The password and the API key are in my vault."
    ravi("email", "send", "--to", os.environ["CONSTELLAGENT_OWNER"], "--subject", subject, "--body", body)
    say("done")


if __name__ == "__main__":
    main()
