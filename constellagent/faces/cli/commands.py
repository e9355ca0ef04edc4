"""The table of commands: where each is, under which heading help shows it, and how to load just one."""

import importlib
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Command(NamedTuple):
    """One command. `words` is how it is called, `place` is `module:function` below `faces.cli`."""

    words: tuple[str, ...]
    place: str

    def load(self) -> Callable[..., int]:
        """Import the command's module and return its function, which returns the exit code."""
        module, _, function = self.place.partition(":")
        loaded: Callable[..., int] = getattr(
            importlib.import_module(f"constellagent.faces.cli.{module}"), function
        )
        return loaded


COMMANDS = tuple(
    Command(tuple(words.split()), place)
    for words, place in (
        ("init", "init:init"),
        ("validate", "validate:validate"),
        ("schema", "schema:schema"),
        ("plan", "plan:plan"),
        ("apply", "apply:apply"),
        ("destroy", "destroy:destroy"),
        ("import", "adopt:adopt"),
        ("status", "status:status"),
        ("attach", "attach:attach"),
        ("logs", "logs:logs"),
        ("diff", "diff:diff"),
        ("stage", "stage:stage"),
        ("unstage", "stage:unstage"),
        ("discard", "stage:discard"),
        ("commit", "commit:commit"),
        ("push", "push:push"),
        ("merge", "merge:merge"),
        ("send", "send:send"),
        ("broadcast", "broadcast:broadcast"),
        ("run", "run:run"),
        ("wait", "wait:wait"),
        ("stop", "stop:stop"),
        ("restart", "restart:restart"),
        ("resume", "resume:resume"),
        ("usage", "usage:usage"),
        ("trust", "trust:trust"),
        ("audit", "audit:audit"),
        ("mcp", "mcp:mcp"),
        ("hook", "hook:hook"),
        ("doctor", "doctor:doctor"),
        ("bug-report", "bug_report:bug_report"),
        ("demo", "demo:demo"),
        ("web", "web:web"),
        ("comment add", "comment:add"),
        ("comment list", "comment:list_all"),
        ("comment send", "comment:send"),
        ("comment edit", "comment:edit"),
        ("comment resolve", "comment:resolve"),
        ("comment reopen", "comment:reopen"),
        ("comment remove", "comment:remove"),
        ("agent add", "agent:add"),
        ("agent remove", "agent:remove"),
        ("agent set", "agent:set_value"),
        ("identity list", "identity:list_all"),
        ("identity show", "identity:show"),
        ("identity inbox", "identity_mail:inbox"),
        ("identity sms", "identity_mail:sms"),
        ("identity otp", "identity_mail:otp"),
        ("identity send", "identity_mail:send"),
        ("identity secrets", "identity_vault:secrets"),
        ("identity passwords", "identity_vault:passwords"),
        ("identity archive", "identity:archive"),
        ("identity delete", "identity:delete"),
        ("identity renew-key", "identity:renew_key"),
        ("identity export", "identity_files:export"),
        ("identity import", "identity_files:take_in"),
        ("schedule check", "schedule_check:check"),
        ("schedule list", "schedule_list:list_all"),
        ("schedule next", "schedule_list:next_fires"),
        ("schedule show", "schedule:show"),
        ("schedule history", "schedule_runs:history"),
        ("schedule run", "schedule_runs:run"),
        ("schedule pause", "schedule:pause"),
        ("schedule resume", "schedule:resume"),
        ("schedule reset", "schedule:reset"),
        ("schedule backfill", "schedule_runs:backfill"),
        ("schedule webhook", "schedule:webhook"),
        ("race list", "race:list_all"),
        ("race show", "race:show"),
        ("race keep", "race:keep"),
        ("race drop", "race:drop"),
        ("sandbox verify", "sandbox:verify"),
        ("provider status", "provider:status"),
        ("provider outbox", "provider:outbox"),
        ("provider retry", "provider:retry"),
        ("provider drop", "provider:drop"),
        ("provider relay", "provider:relay"),
        ("provider allow-login", "provider:allow_login"),
        ("token create", "token:create"),
        ("token list", "token:list_all"),
        ("token revoke", "token:revoke"),
        ("daemon run", "daemon:run"),
        ("daemon stop", "daemon:stop"),
        ("daemon status", "daemon:status"),
        ("daemon install", "daemon:install"),
        ("vault move-key", "vault_key:move_key"),
    )
)

GROUPS = {
    "comment": "Review comments on the work of agents: leave, list, change them, and send them to the agent.",
    "agent": "Add, remove and change agents in the file.",
    "identity": "Look into the mail, texts and vaults of agents, and manage their identities.",
    "schedule": "When agents wake: check, list, run and pause their schedules.",
    "race": "Several agents on one prompt (`run --agents`): compare what they made, and keep one.",
    "sandbox": "What keeps agents from the rest of the machine.",
    "provider": "The local identity provider, which the daemon runs.",
    "token": "Tokens with which programs may use the HTTP API.",
    "daemon": "The background process, one per user. Commands start it when they need it.",
    "vault": "What is kept encrypted, and the key above all of it.",
}
"""What help says about a command that has commands of its own."""


def find(words: Sequence[str]) -> Command | None:
    """Return the command that `words` begin with, or None."""
    for command in COMMANDS:
        if tuple(words[: len(command.words)]) == command.words:
            return command
    return None
