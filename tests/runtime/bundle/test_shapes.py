"""What looks like a secret goes, and what a person needs to find a defect stays."""

import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.bundle import shapes
from constellagent.runtime.bundle.shapes import MARK, mask


def drawn(letters: str, count: int, seed: int = 1) -> str:
    """Return so many letters by chance, the same each time; nobody's secret stands in a test."""
    dice = random.Random(seed)
    return "".join(dice.choice(letters) for _ in range(count))


WORD = string.ascii_letters + string.digits
SECRETS = (
    "sk-" + "ant-" + drawn(WORD, 40),
    "ghp_" + drawn(WORD, 36),
    "github_pat_" + drawn(WORD, 60),
    "glpat-" + drawn(WORD, 20),
    "xoxb-" + drawn(string.digits, 12) + "-" + drawn(WORD, 24),
    "AKIA" + drawn(string.ascii_uppercase + string.digits, 16),
    "AIza" + drawn(WORD, 35),
    "ravi_id_" + drawn(WORD, 43),
    "chs_" + drawn(WORD, 43),
    "AGE-SECRET-KEY-" + drawn(string.ascii_uppercase + string.digits, 58),
    "eyJ" + drawn(WORD, 30) + "." + drawn(WORD, 60) + "." + drawn(WORD, 43),
    "-----BEGIN OPENSSH PRIVATE KEY-----\n" + drawn(WORD, 70) + "\n-----END OPENSSH PRIVATE KEY-----",
    drawn(WORD, 43),
    drawn("0123456789abcdef", 40),
    drawn(WORD, 20) + "+" + drawn(WORD, 12) + "/" + drawn(WORD, 8) + "==",
    "someone.else@mail.example.com",
    "+44 20 7946 0958",
    "+12025550177",
    "415-555-0100",
    "(415) 555-0100",
    "198.51.100.23",
    "dckr_pat_" + drawn(WORD, 27),
    "SG." + drawn(WORD, 22) + "." + drawn(WORD, 43),
)
STAY = (
    "2026-11-23 09:37:33,938 INFO constellagent.runtime.assembly: adopted 0 sessions in 0.003 s",
    "/usr/lib/python3.11/site-packages/constellagent/runtime/holder/__main__.py",
    "FileNotFoundError: [Errno 2] No such file or directory: '~/repo.worktrees/agent-1/.git'",
    "drwx------ state.db-wal 4096",
    "https://127.0.0.1:8443/api/agents",
    "test_c5_a_lock_in_the_way_is_named",
    "the token is not valid any more",
    '{"passphrase": null, "exit_status": 137, "started_at": 1795426654.4304056}',
    "~/.ssh/config and refs/heads/agents/documentation-2",
    "OLDPWD=/root/repo PWD=/root pwd: ~/repo",
    "agents.a.env.pass: this is a list of names",
    "bypass: never, compass=north, 12 passed: fine, --pass-through, pass: yes",
    "GIT_ASKPASS=askpass password=None, passphrase: null, 'password': true",
)


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret[:8].strip("-"))
def test_what_is_made_by_a_machine_goes(secret: str) -> None:
    """Of a key, a token, an address or a number nothing stays, and the words beside it do."""
    text, times = mask(f"begin {secret} end")
    assert times >= 1
    assert text.startswith("begin ")
    assert text.endswith(" end")
    assert not any(part in text for part in secret.split() if len(part) >= 6)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer opensesame", f"Authorization: Bearer {MARK}"),
        ('"Cookie": "a=bc"', f'"Cookie": "{MARK}"'),
        ("--password=hunter2", f"--password={MARK}"),
        ('{"password": "sword fish99"}', f'{{"password": "{MARK}"}}'),
        ('{\\"password\\": \\"sword fish99\\"}', f'{{\\"password\\": \\"{MARK}\\"}}'),
        ('"secret": "a \\"quoted\\" one", "b": 1', f'"secret": "{MARK}", "b": 1'),
        ("--password swordfish99 -v", f"--password {MARK} -v"),
        ("DB_PASS=letmeinnow", f"DB_PASS={MARK}"),
        ("SSHPASS=letmeinnow", f"SSHPASS={MARK}"),
        ("pwd: letmeinnow", f"pwd: {MARK}"),
        ('"db_pwd": "letme innow", "b": 1', f'"db_pwd": "{MARK}", "b": 1'),
        ("--pass hunter22 -v", f"--pass {MARK} -v"),
        ("--db-pass=hunter22 -v", f"--db-pass={MARK} -v"),
        ("password=correct horse battery", f"password={MARK}"),
        ("no: Password: correct, horse's & battery\nnext", f"no: Password: {MARK}\nnext"),
        (f"passwd = {MARK} horse battery", f"passwd = {MARK}"),
        ("password_2: none of yours", f"password_2: {MARK}"),
        ("--db-password 'sword fish99'", f"--db-password '{MARK}'"),
        ("mysql -pswordfish99 db", f"mysql -p{MARK} db"),
        ("curl -u bob:swordfish99 x", f"curl -u bob:{MARK} x"),
        ("curl --user=bob:swordfish99 x", f"curl --user=bob:{MARK} x"),
        ("Cookie: a=bc; d=ef", f"Cookie: {MARK}"),
        ("/home/other/x /Users/other", "/home/[user]/x /Users/[user]"),
        ("API_KEY: letmein now", f"API_KEY: {MARK} now"),
        ("https://user:pass@host/x.git", f"https://{MARK}@host/x.git"),
        ("https://abcd@host/x.git", f"https://{MARK}@host/x.git"),
    ],
)
def test_what_a_word_before_it_tells_goes(text: str, masked: str) -> None:
    """Behind a word that says what follows, anything is taken for a secret."""
    assert mask(text).text == masked


@pytest.mark.parametrize("text", STAY)
def test_facts_stay(text: str) -> None:
    """Times, paths, errors and names are what a report is for."""
    assert mask(text) == (text, 0)


def test_ids_that_are_listed_stay() -> None:
    """The random name of a session is no secret, beside another word of a name neither."""
    name = drawn("0123456789abcdef", 32)
    assert mask(f"/run/{name}.sock apply-{name}", {name}).times == 0
    assert mask(f"{name}", {name[:-1]}).text == MARK
    assert mask(f"{drawn(WORD, 30)}-{name}", {name}).text == MARK


def test_a_name_tells_of_its_value() -> None:
    """Names of variables and keys that hold secrets are known, and others are not taken for them."""
    assert all(map(shapes.telling, ("password", "OPENAI_API_KEY", "client_secret", "Cookie", "auth-token")))
    assert all(map(shapes.telling, ("pass", "DB_PASS", "mysql_pwd", "PIN", "card-pin")))
    assert not any(map(shapes.telling, ("key_file", "session", "tokens", "keys", "passed", "bypass", "spin")))


@given(st.text(max_size=300))
def test_masking_again_changes_nothing(text: str) -> None:
    """What is masked once looks like no secret any more."""
    once = mask(text).text
    twice = mask(once).text
    assert mask(twice).text == twice


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a",
            "+1",
            "a1",
            "-----BEGIN PRIVATE KEY-----",
            "sk-",
            "a@",
            "://",
            "token=",
            "eyJa.",
            "+1 2",
            "/a1B",
        ),
        *("--password ", "-p", "-p1a", "-u a:", 'token="', 'token=\\"', "Cookie: a", "1.", "/home/", "SG."),
        *("password=", "password=a\n", "--a-pass=", "pass: ", "pwd = [***]", "password: null "),
        *("Authorization: ", "http://a:", ".", "\n", "[***]", "ghp_", "=", "%"),
    ],
)
def test_hostile_text_takes_no_more_time_when_it_is_longer(piece: str) -> None:
    """Eight times the text costs about eight times as much, never its square."""

    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        begin = time.process_time()
        mask(text)
        return time.process_time() - begin

    short = min(seconds(20_000) for _ in range(3))
    assert seconds(160_000) < 0.2 + 30 * short
