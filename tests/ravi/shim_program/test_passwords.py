"""`ravi passwords`: logins are stored, found, changed and removed, and stay off the command line."""

import pytest

from tests.ravi.shim_program.running import Agent


async def test_the_line_of_the_manual_works(ada: Agent) -> None:
    """The site as a flag or a bare word, kept by its registered name; the answer is clean JSON."""
    made = await ada.json(
        "passwords", "create", "--domain", "api.openai.com", "--username", "ada-1", "--generate"
    )
    assert (made["domain"], made["username"]) == ("openai.com", "ada-1")
    assert len(made["password"]) == 16
    bare = await ada.json("passwords", "create", "example.com")
    assert (bare["domain"], bare["username"]) == ("example.com", ada.address)
    assert len(bare["password"]) >= 16
    assert {row["uuid"] for row in await ada.json("passwords", "list")} == {made["uuid"], bare["uuid"]}
    assert await ada.json("passwords", "get", made["uuid"]) == made
    assert await ada.plain("passwords", "get", made["uuid"]) == made["password"]


async def test_made_up_as_it_is_asked_for(ada: Agent) -> None:
    """Length and classes of characters are taken, also without saying that it is to be made up."""
    words = ("--length", "40", "--no-special", "--no-digits", "--exclude-chars", "abc")
    for password in (
        await ada.plain("passwords", "create", "example.com", *words),
        await ada.plain("passwords", "generate", *words),
    ):
        assert len(password) == 40
        assert password.isalpha()
        assert not set("abc") & set(password)
    assert len(await ada.json("passwords", "list")) == 1
    got = await ada.run("passwords", "generate", "--length", "x")
    assert got.stderr.startswith("Error: invalid argument 'x' for \"--length\"")


async def test_a_password_comes_from_elsewhere(ada: Agent) -> None:
    """From standard input or a variable quietly; from the command line with a warning."""
    done = await ada.run("passwords", "create", "a.test", "--password", "-", "--plain", stdin="p w\n")
    assert (done.stdout, done.stderr) == ("p w\n", "")
    done = await ada.run("passwords", "create", "b.test", "--password-env", "PW", "--plain", PW="x=y\n")
    assert (done.stdout, done.stderr) == ("x=y\n\n", "")
    done = await ada.run("passwords", "create", "c.test", "--password", "seen", "--plain")
    assert done.stdout == "seen\n"
    assert done.stderr.startswith("Warning:")
    assert "seen" not in done.stderr
    assert "no variable NONE" in await ada.refused("passwords", "create", "d.test", "--password-env", "NONE")
    assert "empty" in await ada.refused("passwords", "create", "d.test", "--password", "-")


@pytest.mark.parametrize(
    "words",
    [
        ("--generate", "--password", "x"),
        ("--password", "x", "--password-env", "PW"),
        ("--password", "-", "--length", "20"),
    ],
)
async def test_two_passwords_are_refused(ada: Agent, words: tuple[str, ...]) -> None:
    """Only one way to a password may be given."""
    assert "give one of" in await ada.refused("passwords", "create", "a.test", *words)


async def test_a_site_names_its_only_login(ada: Agent) -> None:
    """Read, changed and removed by site while there is one; with several, the uuid is asked for."""
    made = await ada.json("passwords", "create", "example.com", "--notes", "first")
    assert await ada.plain("passwords", "get", "login.example.com") == made["password"]
    changed = await ada.json("passwords", "update", "example.com", "--username", "u", "--generate")
    assert (changed["username"], changed["notes"]) == ("u", "first")
    assert changed["password"] != made["password"]
    second = await ada.json("passwords", "create", "example.com")
    said = await ada.refused("passwords", "get", "example.com")
    assert made["uuid"] in said
    assert second["uuid"] in said
    assert made["password"] not in said
    assert await ada.json("passwords", "delete", second["uuid"]) == {"status": "deleted"}
    assert await ada.json("passwords", "delete", "example.com") == {"status": "deleted"}
    assert "no password for example.com" in await ada.refused("passwords", "get", "example.com")
    assert "no password for ple.com" in await ada.refused("passwords", "get", "ple.com")


async def test_what_is_missing_is_said(ada: Agent, ben: Agent) -> None:
    """No site, two sites, nothing to change, and another agent's login."""
    assert "for which site" in await ada.refused("passwords", "create")
    assert "for which site" in await ada.refused("passwords", "create", "a.test", "--domain", "b.test")
    made = await ben.json("passwords", "create", "a.test")
    assert "say what changes" in await ben.refused("passwords", "update", made["uuid"])
    for verb in ("get", "delete"):
        assert "No PasswordEntry matches" in await ada.refused("passwords", verb, made["uuid"])
