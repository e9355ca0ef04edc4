"""Names: what may be written, and what is derived where the file is silent.

The only place that derives a branch, a folder, an address or a domain. Nothing written is ever repaired:
a check returns the name unchanged or raises ValueError with what to write instead. Checks take any object,
because they judge values straight from the file.
"""

import hashlib
import re
import unicodedata
from functools import cache
from importlib import resources
from pathlib import PurePath

from constellagent.errors import Problem, SpecError
from constellagent.spec.suggest import did_you_mean

AGENT_NAME = r"^[a-z0-9][a-z0-9._-]{0,62}$"
"""The form of the names of agents, services, schedules and constellations."""
ENV_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
"""The form of the names of environment variables."""
PORT_NAME = r"^[a-z][a-z0-9_-]{0,30}$"
"""The form of a port's name; `web` is given to the agent as PORT_WEB."""
LOCAL_PART = r"^(?!.*(\.\.|--))[a-z0-9][a-z0-9.-]{1,28}[a-z0-9]$"
"""The form of what stands before the @ of an identity's address."""

_BRANCH_BAD = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]")
_BRANCH_LONGEST = 250
"""Bytes in one part of a branch: file names end at 255, and git adds `.lock` while it writes."""


def check_agent_name(value: object) -> str:
    """Return the name of an agent, service, schedule or constellation.

    Raises:
        ValueError: it is not 1 to 63 lowercase letters, digits, dots, dashes and underscores, or starts with
            none of the first two, or ends in `.lock` or in a dot, or holds `..`, which git's folders refuse.
    """
    name = _text(value, "name")
    if not re.fullmatch(AGENT_NAME, name):
        raise ValueError(
            f"{_shown(name)} is no valid name; use 1 to 63 lowercase letters, digits, '.', '-' and '_', "
            "the first one a letter or a digit"
        )
    if ".." in name or name.endswith((".", ".lock")):
        raise ValueError(f"{_shown(name)} is no valid name; '..', a dot at the end and '.lock' are git's own")
    return name


def check_branch(value: object) -> str:
    """Return the name of a branch, by the rules of `git check-ref-format --branch`.

    Refused beyond git's rules: the name `@`, which git reads as HEAD, and parts longer than a file name.

    Raises:
        ValueError: git would refuse the name; the message names the rule.
    """
    name = _text(value, "branch")
    fault = _branch_fault(name)
    if fault:
        raise ValueError(f"{_shown(name)} is no valid branch name; {fault}")
    return name


def check_env_name(value: object) -> str:
    """Return the name of an environment variable.

    Raises:
        ValueError: it is not made of letters, digits and underscores, or starts with a digit.
    """
    name = _text(value, "variable name")
    if not re.fullmatch(ENV_NAME, name, re.ASCII):
        raise ValueError(f"{_shown(name)} is no variable name; use letters, digits and '_', no digit first")
    return name


def check_port_name(value: object) -> str:
    """Return the name of a port.

    Raises:
        ValueError: it is not 1 to 31 lowercase letters, digits, dashes and underscores, a letter first.
    """
    name = _text(value, "port name")
    if not re.fullmatch(PORT_NAME, name):
        raise ValueError(
            f"{_shown(name)} is no port name; use 1 to 31 lowercase letters, digits, '-' and '_', "
            "the first one a letter"
        )
    return name


def port_variable(port: str) -> str:
    """Return the variable that tells an agent its port: `web-ui` becomes PORT_WEB_UI."""
    return "PORT_" + port.upper().replace("-", "_")


def check_zone(value: object) -> str:
    """Return the name of a time zone of the tz database; the host's own zone is never meant.

    Raises:
        ValueError: the tz database has no such zone.
    """
    name = _text(value, "time zone")
    if name not in _zones():
        raise ValueError(f"{_shown(name)} is no time zone of the tz database, such as Europe/London or UTC")
    return name


def like_zone(name: str) -> str:
    """Return `; did you mean X?` for a mistyped time zone, or nothing.

    Apart from `check_zone`, because the search takes a millisecond and a file may hold thousands of mistakes.
    """
    alike = (zone for zone in _zones() if zone[0] == name[:1].upper() and abs(len(zone) - len(name)) <= 3)
    return did_you_mean(name, alike)


def check_worktrees(value: object) -> str:
    """Return the pattern of the folder that holds the worktrees.

    Raises:
        ValueError: it holds another placeholder than `{repo}`, or starts with `~`, which is not expanded.
    """
    pattern = _text(value, "folder")
    if not pattern or "\0" in pattern:
        raise ValueError("the folder of the worktrees has no name; the default is ../{repo}.worktrees")
    if pattern.startswith("~"):
        raise ValueError("'~' is not expanded; write an absolute folder, or one relative to the repository")
    if re.search(r"[{}]", pattern.replace("{repo}", "")):
        raise ValueError(f"{_shown(pattern)} has an unknown placeholder; {{repo}} is the only one")
    return pattern


def check_local_part(value: object) -> str:
    """Return what stands before the @ of an identity's address.

    Raises:
        ValueError: it is not 3 to 30 lowercase letters, digits, dots and dashes, or starts or ends with one
            of the last two, or repeats one of them.
    """
    part = _text(value, "address")
    if "@" in part:
        raise ValueError(f"{_shown(part)} holds an @; write only what stands before it")
    if not re.fullmatch(LOCAL_PART, part):
        raise ValueError(
            f"{_shown(part)} is no valid address; use 3 to 30 lowercase letters, digits, '.' and '-', "
            "a letter or digit first and last, and no '..' or '--'"
        )
    return part


def check_identity_name(value: object) -> str:
    """Return the name of an identity at its provider.

    Raises:
        ValueError: it is not 1 to 100 characters on one line, or has a blank at an end.
    """
    name = _text(value, "name")
    if not 1 <= len(name) <= 100 or not name.isprintable() or name != name.strip():
        raise ValueError(
            f"{_shown(name)} is no name of an identity; use 1 to 100 characters on one line, "
            "no blank first or last"
        )
    return name


def check_base(value: object) -> str:
    """Return what a branch starts from: `auto`, a branch, a tag or a commit.

    Whether it exists is for the look at the repository to say; here it must only be impossible to mistake
    for an option or for more than one word.

    Raises:
        ValueError: it is empty, begins with a dash, or holds a blank or a control character.
    """
    base = _text(value, "base")
    if not base or base.startswith("-") or re.search(r"[\x00-\x20\x7f]", base):
        raise ValueError(f"{_shown(base)} is no base; write auto, a branch, a tag or a commit")
    return base


def check_include(value: object) -> str:
    """Return the path of files to copy into a worktree, relative to the repository.

    Raises:
        ValueError: it is absolute, leaves the repository, or lies in `.git` or `.ravi`.
    """
    path = _text(value, "path")
    parts = path.split("/")
    if not path or path.startswith(("/", "~")) or ".." in parts or "\0" in path:
        raise ValueError(f"{_shown(path)} is not inside the repository; write a path relative to its top")
    if {part.casefold() for part in parts} & {".git", ".ravi"}:
        raise ValueError(f"{_shown(path)} is never copied; .git and .ravi belong to one checkout")
    return path


def schedule_seed(constellation: str, agent: str, schedule: str) -> str:
    """Return what the jitter of a schedule and the `H` of its cron expression are drawn from.

    `constellation` is the declared name, empty where the file has none: the name that a folder gives would
    differ between a laptop and CI.
    """
    return f"{constellation}/{agent}/{schedule}"


def default_branch(agent: str) -> str:
    """Return the branch of an agent whose declaration names none."""
    return f"agents/{agent}"


def constellation_name(folder: str) -> str:
    """Return the constellation's name where the file gives none, from the name of the repository's folder."""
    return _cut(_slug(folder, "_"), 63) or f"constellation-{_digest(folder)}"


def local_domain(constellation: str) -> str:
    """Return the mail domain that the local provider gives to a constellation."""
    return (_cut(_slug(constellation, ""), 63) or f"constellation-{_digest(constellation)}") + ".test"


def address_local_part(identity: str) -> str:
    """Return what stands before the @ of an identity's address where its declaration says nothing.

    The same name gives the same address on every machine; names that must be cut keep a digest of the
    whole, so that two long names with one beginning stay apart.
    """
    part = _cut(_slug(identity, "."), 30)
    return part if len(part) >= 3 else f"{part or 'agent'}-{_digest(identity)}"


def worktrees_root(pattern: str, repo: PurePath) -> PurePath:
    """Return the folder that holds the worktrees of the repository at `repo` (absolute).

    The answer is made of text alone: `..` is taken lexically and no link is followed.

    Raises:
        SpecError: the folder would be the repository, a folder around it, or inside its `.git`.
    """
    joined = repo / pattern.replace("{repo}", repo.name)
    parts: list[str] = []
    for part in joined.parts[1:]:
        if part == "..":
            del parts[-1:]
        else:
            parts.append(part)
    root = type(repo)(joined.anchor, *parts)
    if repo.is_relative_to(root):
        raise _worktrees_problem(repo, f"{root} is the repository itself or a folder around it")
    if root.is_relative_to(repo / ".git"):
        raise _worktrees_problem(repo, f"{root} is inside the repository's .git")
    return root


def _worktrees_problem(repo: PurePath, fault: str) -> SpecError:
    message = f"{fault}; worktrees need a folder of their own, such as ../{{repo}}.worktrees"
    return SpecError(str(repo / "constellation.yaml"), [Problem(0, 0, "worktrees", message)])


def _branch_fault(name: str) -> str:
    """Return the broken rule in words, or nothing."""
    bad = _BRANCH_BAD.search(name)
    parts = name.split("/")
    rules = {
        "git reads this name as the current commit": name in {"HEAD", "@"},
        "it may not start with '-'": name.startswith("-"),
        f"it may not hold {_shown(bad.group()) if bad else ''}": bad is not None,
        "it may not hold '..'": ".." in name,
        "it may not hold '@{'": "@{" in name,
        "it may not end with '.'": name.endswith("."),
        "every part between slashes needs a name": "" in parts,
        "no part may start with '.'": any(part.startswith(".") for part in parts),
        "no part may end with '.lock'": any(part.endswith(".lock") for part in parts),
        f"no part may be longer than {_BRANCH_LONGEST} bytes": any(
            len(part.encode("utf-8", "surrogatepass")) > _BRANCH_LONGEST for part in parts
        ),
    }
    return next((rule for rule, broken in rules.items() if broken), "")


def _text(value: object, what: str) -> str:
    if isinstance(value, str):
        return value
    raise ValueError(f"expected a {what} as text; put it in quotes")


def _shown(name: str) -> str:
    return repr(name if len(name) <= 80 else name[:77] + "...")


@cache
def _zones() -> frozenset[str]:
    listing = resources.files("tzdata").joinpath("zones").read_text(encoding="ascii")
    return frozenset(listing.split())


def _slug(text: str, kept: str) -> str:
    """Return `text` as lowercase ASCII letters and digits, with one mark where others stood between them."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    marks = re.sub(rf"[^a-z0-9{re.escape(kept)}]", "-", plain)
    single = re.sub(r"[-._]{2,}", "-", marks)
    return single.strip("-._")


def _cut(slug: str, longest: int) -> str:
    """Return `slug` where it fits, else its beginning and a digest of the whole."""
    if len(slug) <= longest:
        return slug
    digest = _digest(slug)
    return f"{slug[: longest - len(digest) - 1].rstrip('-._')}-{digest}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
