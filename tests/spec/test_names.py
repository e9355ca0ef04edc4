"""Names: checks and what is derived."""

import re
import subprocess
from functools import cache
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from constellagent.errors import SpecError
from constellagent.spec import names


def test_agent_names() -> None:
    """Lowercase letters, digits, dots, dashes and underscores, up to 63."""
    for name in ("a", "auth-redesign", "9.x_y-", "a" * 63):
        assert names.check_agent_name(name) == name
    for bad in ("", "A", "-x", "a b", "..", "a..b", "a.", "a.lock", "ü", "a" * 64, "a\n", "../../etc", 5):
        with pytest.raises(ValueError, match="name"):
            names.check_agent_name(bad)


@pytest.mark.parametrize(
    ("branch", "rule"),
    [
        ("HEAD", "current commit"),
        ("@", "current commit"),
        ("-x", "start with '-'"),
        ("a b", "may not hold ' '"),
        ("a..b", "'..'"),
        ("a@{1}", "'@{'"),
        ("a.", "end with '.'"),
        ("a//b", "between slashes"),
        ("", "between slashes"),
        ("a/.b", "start with '.'"),
        ("a.lock/b", "'.lock'"),
        ("ü" * 126, "longer than 250 bytes"),
        (5, "as text"),
    ],
)
def test_branches_that_git_refuses_are_refused_with_the_rule(branch: object, rule: str) -> None:
    """Each of git's rules has its own words."""
    with pytest.raises(ValueError, match=re.escape(rule)):
        names.check_branch(branch)


@cache
def _git_accepts(name: str) -> bool:
    command = ["git", "check-ref-format", "--branch", name]
    return subprocess.run(command, capture_output=True, cwd="/", check=False).returncode == 0


_PIECES = st.sampled_from(
    ["a", "B", "/", ".", "..", ".lock", "@", "@{", "-", "HEAD", "~", "^", ":", "?", "*", "["]
)
_MORE = st.sampled_from(
    ["\\", " ", "\t", "\x7f", "\x01", "ü", "}", "#", "'", '"', "$", "lock", "//", "refs/heads/"]
)


@given(st.lists(_PIECES | _MORE | st.text(max_size=3), min_size=1, max_size=6).map("".join))
@example("@")
@example("feature/auth")
def test_branches_are_judged_as_git_judges_them(name: str) -> None:
    """Our answer and that of git agree, but for NUL (no argument can hold it) and the name `@`."""
    if "\0" in name:
        return
    try:
        ours = bool(names.check_branch(name))
    except ValueError:
        ours = False
    assert ours == (
        _git_accepts(name.encode("utf-8", "surrogatepass").decode("utf-8", "ignore")) and name != "@"
    )


def test_environment_and_port_names() -> None:
    """Variables are POSIX names; a port's name becomes a variable."""
    assert names.check_env_name("ANTHROPIC_API_KEY") == "ANTHROPIC_API_KEY"
    assert names.check_port_name("web-ui") == "web-ui"
    assert names.port_variable("web-ui") == "PORT_WEB_UI"
    for bad in ("1A", "A-B", "", "A=B", "É"):
        with pytest.raises(ValueError, match="variable name"):
            names.check_env_name(bad)
    for bad in ("Web", "1", "", "a" * 32):
        with pytest.raises(ValueError, match="port name"):
            names.check_port_name(bad)


def test_zones_come_from_the_tz_database_only() -> None:
    """The host's own zone has no name here; a slip has a suggestion."""
    assert names.check_zone("Europe/London") == "Europe/London"
    for bad in ("localtime", "/etc/localtime", "", "europe/london"):
        with pytest.raises(ValueError, match="tz database"):
            names.check_zone(bad)
    assert names.like_zone("Europe/Lodnon") == "; did you mean Europe/London?"
    assert names.like_zone("") == ""


@pytest.mark.parametrize("pattern", ["../{repo}.worktrees", "/srv/{repo}", "trees"])
def test_worktree_patterns(pattern: str) -> None:
    """{repo} is the one placeholder."""
    assert names.check_worktrees(pattern) == pattern


@pytest.mark.parametrize("pattern", ["", "~/x", "../{name}", "a{", "a\0", 5])
def test_worktree_patterns_that_would_surprise_are_refused(pattern: object) -> None:
    """No other placeholder, no tilde, no empty text."""
    with pytest.raises(ValueError, match=r"folder|'~'|placeholder"):
        names.check_worktrees(pattern)


def test_the_worktrees_folder_is_made_lexically() -> None:
    """Relative patterns start at the repository, `..` never leaves the root, absolute ones stand alone."""
    repo = PurePosixPath("/home/me/acme")
    assert names.worktrees_root("../{repo}.worktrees", repo) == PurePosixPath("/home/me/acme.worktrees")
    assert names.worktrees_root("./trees/../x", repo) == PurePosixPath("/home/me/acme/x")
    assert names.worktrees_root("../../../../../t", repo) == PurePosixPath("/t")
    assert names.worktrees_root("/srv/{repo}", repo) == PurePosixPath("/srv/acme")
    assert names.worktrees_root("../t", PureWindowsPath("C:/x/acme")) == PureWindowsPath("C:/x/t")


@pytest.mark.parametrize("pattern", [".", "..", "/", "../acme", ".git", ".git/worktrees"])
def test_worktrees_never_lie_on_the_repository(pattern: str) -> None:
    """The repository, a folder around it and its .git are refused with a problem of the file."""
    with pytest.raises(SpecError, match="worktrees need a folder of their own") as caught:
        names.worktrees_root(pattern, PurePosixPath("/home/me/acme"))
    assert caught.value.problems[0].path == "worktrees"


def test_bases() -> None:
    """A base is one word that no command takes for an option."""
    assert names.check_base("origin/main") == "origin/main"
    for bad in ("", "-x", "--upload-pack=x", "a b", "a\n", None):
        with pytest.raises(ValueError, match="base"):
            names.check_base(bad)


def test_includes_stay_inside_the_repository() -> None:
    """No absolute path, no way up, nothing of git's or ours."""
    assert names.check_include("config/.env.*") == "config/.env.*"
    for bad in ("", "/etc/passwd", "~/.ssh", "../x", "a/../../x", ".git/config", "a/.RAVI/x", 1):
        with pytest.raises(ValueError, match=r"inside the repository|never copied|as text"):
            names.check_include(bad)


def test_identity_names() -> None:
    """One line of 1 to 100 characters."""
    assert names.check_identity_name("Auth Redesign") == "Auth Redesign"
    for bad in ("", " a", "a\n", "a\x1b[31m", "a" * 101):
        with pytest.raises(ValueError, match="identity"):
            names.check_identity_name(bad)


def test_written_addresses() -> None:
    """Only what stands before the @, in the provider's form."""
    assert names.check_local_part("auth.bot-1") == "auth.bot-1"
    for bad in ("a@b.test", "ab", "a" * 31, "A.b", "-abc", "abc.", "a..b", "a--b"):
        with pytest.raises(ValueError, match=r"address|@"):
            names.check_local_part(bad)


def test_derived_names_are_what_people_expect() -> None:
    """Plain names stay readable."""
    assert names.default_branch("docs") == "agents/docs"
    assert names.constellation_name("Acme Web!") == "acme-web"
    assert names.local_domain("acme-web") == "acme-web.test"
    assert names.local_domain("a_b.c-") == "a-b-c.test"
    assert names.address_local_part("feature/auth") == "feature-auth"
    assert names.address_local_part("Ärger.im.Büro") == "arger.im.buro"


@given(st.text())
@example("")
@example("日本")
@example("x.lock")
def test_every_name_derives_valid_names(text: str) -> None:
    """Whatever a folder or identity is called, what is derived passes the checks and stays the same."""
    name = names.constellation_name(text)
    assert names.check_agent_name(name) == name
    part = names.address_local_part(text)
    assert names.check_local_part(part) == part == names.address_local_part(text)
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.test", names.local_domain(text))


@given(st.text("abc-", min_size=31, max_size=60), st.text("xyz", min_size=1, max_size=3))
def test_long_names_with_one_beginning_stay_apart(start: str, end: str) -> None:
    """What is cut away lives on in a digest."""
    long = f"a{start}z"
    assert names.address_local_part(long) != names.address_local_part(f"{long}{end}")


def test_the_seed_of_a_schedule_names_it() -> None:
    """Two schedules differ, also in constellations of the same shape; without a declared name it is empty."""
    assert names.schedule_seed("acme", "a", "m") == "acme/a/m"
    assert names.schedule_seed("", "a", "m") == "/a/m"
