"""Asks what is known against the packages that we build, test and run with: `python -m tests.audit`.

A weakness that a newer release mends is a failure, unless `tests/audit.txt` lists it with a day until which
that holds and a reason. Where a service cannot be asked, that is said, and is neither a finding nor a proof.
"""

import datetime as dt
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from constellagent.runtime.clock import SystemClock
from tests.checkout import ROOT
from tests.programs import LOCKS, node

LISTED = ROOT / "tests" / "audit.txt"
LIMIT = 300.0
"""Seconds that one service may take to answer."""


class Finding(NamedTuple):
    """One weakness of one package; `mended` says in which releases it is not there, empty for none."""

    package: str
    ident: str
    mended: str


class UnreachableError(Exception):
    """A service gave no answer that could be read; says why."""


def of_pip_audit(text: str) -> Iterator[Finding]:
    """Read what `pip-audit --format json` wrote."""
    packages = _read(text).get("dependencies", [])
    if packages and all("skip_reason" in package for package in packages):
        raise UnreachableError(str(packages[0]["skip_reason"]))
    for package in packages:
        for one in package.get("vulns", ()):
            yield Finding(
                f"{package['name']} {package['version']}", one["id"], ", ".join(one.get("fix_versions", ()))
            )


def of_npm_audit(text: str) -> Iterator[Finding]:
    """Read what `npm audit --json` wrote."""
    found = _read(text)
    if "vulnerabilities" not in found:
        raise UnreachableError(str(found.get("message") or found.get("error") or "it wrote no findings"))
    for name, package in found["vulnerabilities"].items():
        for one in package["via"]:
            if isinstance(one, Mapping):
                ident = str(one.get("url", one.get("source", ""))).rpartition("/")[2]
                fix = package.get("fixAvailable")
                yield Finding(f"{name} {package.get('range', '')}", ident, str(fix) if fix else "")


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UnreachableError(text.strip().rpartition("\n")[2][:200] or "it wrote nothing") from error
    return found if isinstance(found, dict) else {}


def listed(text: str, today: dt.date) -> dict[str, str]:
    """Return the findings that do not count today, with the reason.

    Raises:
        ValueError: a line is not an id, a day and a reason.
    """
    known = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        parts = re.fullmatch(r"(\S+) (\d{4}-\d{2}-\d{2}) (\S.+)", line)
        if parts is None:
            raise ValueError(f"not an id, a day and a reason: {line}")
        if dt.date.fromisoformat(parts[2]) >= today:
            known[parts[1]] = parts[3]
    return known


def judge(findings: list[Finding], known: Mapping[str, str]) -> tuple[list[str], bool]:
    """Return a line for each finding, and whether one of them must be mended now."""
    lines, bad = [], False
    for one in sorted(set(findings)):
        if one.ident in known:
            lines.append(f"listed   {one.package}: {one.ident} ({known[one.ident]})")
        elif not one.mended:
            lines.append(f"no fix   {one.package}: {one.ident}")
        else:
            bad = True
            lines.append(f"MEND     {one.package}: {one.ident}, mended in {one.mended}")
    return lines, bad


def _run(words: list[str], folder: Path) -> str:
    env = {**os.environ, "NODE_USE_SYSTEM_CA": "1", "PATH": f"{node().parent}:{os.environ['PATH']}"}
    try:
        done = subprocess.run(
            words, cwd=folder, env=env, capture_output=True, text=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UnreachableError(f"no answer within {LIMIT:g} seconds") from error
    return done.stdout if done.stdout.strip() else done.stderr


def _questions() -> Iterator[tuple[str, list[str], Path]]:
    words = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    yield "installed Python packages", words, ROOT
    requirements = [*words, "--no-deps", "--disable-pip", "--require-hashes", "-r", "requirements.txt"]
    npm = [str(node()), str(node().parents[1] / "lib/node_modules/npm/bin/npm-cli.js"), "audit", "--json"]
    page = ROOT / "constellagent" / "faces" / "web" / "ui"
    for lock in (page / "package-lock.json", *sorted(LOCKS.glob("*/*"))):
        name = str(lock.parent.relative_to(ROOT))
        if lock.name == "requirements.txt":
            yield name, requirements, lock.parent
        else:
            yield name, [*npm, "--package-lock-only"], lock.parent


def main() -> int:
    """Ask about everything; return 1 where something must be mended.

    Raises:
        SystemExit: pip-audit is missing, which is no answer of a service.
    """
    if importlib.util.find_spec("pip_audit") is None:
        raise SystemExit("pip-audit is not installed: it is among the development dependencies")
    text = LISTED.read_text(encoding="utf-8") if LISTED.exists() else ""
    known = listed(text, dt.datetime.fromtimestamp(SystemClock().now(), tz=dt.UTC).date())
    status = 0
    for what, words, folder in _questions():
        read = of_npm_audit if "audit" in words else of_pip_audit
        try:
            lines, bad = judge(list(read(_run(words, folder))), known)
        except UnreachableError as error:
            print(f"{what}: not reachable, so nothing is known: {error}")
            continue
        print(f"{what}: {len(lines)} findings", *lines, sep="\n  ")
        status |= bad
    return status


if __name__ == "__main__":
    sys.exit(main())
