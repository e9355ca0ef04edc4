"""Wakes, reads what its inbox asks for, does it, and reports back: one mail, one run.

The subject `order: find WORDS` asks where the words stand in the repository. The clerk writes a report,
commits it as itself, and answers whoever asked. An order stays unread until it is answered, so that one whose
run was cut short is done by the next.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def call(*words: str, stdin: str = "", fine: tuple[int, ...] = (0,)) -> str:
    """Run a program and return what it printed."""
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode not in fine:
        sys.exit(f"{words[0]} {words[1]}: {done.stderr.strip()}")
    return done.stdout


def ravi(*words: str) -> Any:
    """Run one command of this session's identity and return what it printed."""
    return json.loads(call("ravi", *words))


def orders() -> list[dict[str, Any]]:
    """Return the unread mails that order something, oldest first."""
    mails = ravi("message", "email", "--unread")
    return sorted(
        (mail for mail in mails if mail["subject"].lower().startswith("order:")), key=lambda mail: mail["id"]
    )


def found(words: str) -> list[str]:
    """Return the places where the words stand in the files that git knows."""
    listed = call("git", "grep", "--line-number", "--fixed-strings", "-e", words, fine=(0, 1))
    return [":".join(line.split(":", 2)[:2]) for line in listed.splitlines()]


def main() -> None:
    """Do the oldest order, and say so to who gave it."""
    waiting = orders()
    if not waiting:
        sys.stdout.write("no order waits\n")
        return
    order = waiting[0]
    words = order["subject"].partition(":")[2].strip().removeprefix("find ").strip()
    places = found(words)
    report = Path(os.environ["REPORTS"], "order.md")
    report.write_text("".join(f"- {place}\n" for place in places) or "nowhere\n", encoding="utf-8")
    call("git", "add", str(report))
    call("git", "commit", "--quiet", "--no-gpg-sign", "-m", f"Answer order {order['id']}")
    branch = call("git", "branch", "--show-current").strip()
    body = f"{len(places)} places; the list is in {report} on {branch}"
    ravi("email", "reply", str(order["id"]), "--body", body)
    ravi("message", "email", str(order["id"]), "--mark-read")
    sys.stdout.write(f"answered order {order['id']}: {len(places)} places\n")


if __name__ == "__main__":
    main()
