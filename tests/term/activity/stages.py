"""How each real coding agent is set up to be recorded: a home of its own, a model of ours, and its hooks."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import programs
from tests.e2e.agents.field import ModelThread
from tests.models.server import Model
from tests.term.activity.recorder import Recorder

EVENTS = {
    "claude": (
        *("SessionStart", "UserPromptSubmit", "PermissionRequest", "PostToolUse", "PostToolUseFailure"),
        *("Notification", "Stop"),
    ),
    "codex": ("SessionStart", "UserPromptSubmit", "PermissionRequest", "PostToolUse", "Stop"),
    "gemini": ("SessionStart", "BeforeAgent", "Notification", "AfterAgent"),
}
"""The hooks that are recorded of the kinds that have some."""
KEY = "sk-ant-test-0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Stage:
    """A place to record in.

    Attributes:
        kind: of the agent.
        version: of its program; None for the newest.
        base: the folder of everything.
        model: what it talks to.
        trusted: whether the program has been told to trust its folder.
    """

    kind: str
    version: str | None
    base: Path
    model: Model
    trusted: bool = True

    @property
    def url(self) -> str:
        """Where the model listens."""
        return self.model.url

    def asked(self, words: str) -> bool:
        """Whether the model has been asked, with tools to use, what begins with these words."""
        return any(turn.tools and words in turn.prompt for turn in list(self.model.turns))

    @property
    def home(self) -> Path:
        """Of the person."""
        return self.base / "home"

    @property
    def folder(self) -> Path:
        """Where the program works."""
        return self.base / "work" / "app"

    @property
    def hooks(self) -> Path:
        """Where its hooks leave their payloads."""
        return self.base / "hooks"

    def hook(self) -> str:
        """Return the command that every hook calls."""
        script = self.base / "hook.sh"
        script.write_text(f'f={self.hooks}/$(date +%s%N)-$$\ncat > "$f"\nmv "$f" "$f.json"\nexit 0\n')
        return f"/bin/sh {script}"

    def open(self, rows: int, columns: int) -> Recorder:
        """Start the program."""
        words, more = _SETUP[self.kind](self)
        program = str(programs.link(self.kind, self.base / "bin", self.version))
        env = {
            "HOME": str(self.home),
            "PATH": f"{self.base / 'bin'}:{programs.node().parent}:/usr/bin:/bin",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.base / "tmp"),
            **more,
        }
        return Recorder([program, *words], env, self.folder, (rows, columns), self.hooks, self.scrub)

    def scrub(self, text: str) -> str:
        """Take out what is of this machine and this hour."""
        text = text.replace(str(self.base), "/home/me").replace(self.base.name, "me")
        text = text.replace(str(Path.home()), "/home").replace(self.base.parent.name, "apps")
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:80", text)
        return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "0" * 36, text)


@contextmanager
def stage(kind: str, version: str | None = None, *, trusted: bool = True) -> Iterator[Stage]:
    """Make a place, with a model, and remove it again."""
    ground = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "constellagent-tests"
    ground.mkdir(parents=True, exist_ok=True, mode=0o700)
    base = Path(tempfile.mkdtemp(prefix="r-", dir=ground))
    model = ModelThread()
    made = Stage(kind, version, base, model.start(), trusted)
    for folder in (made.home, made.folder / ".git", made.hooks, base / "tmp"):
        folder.mkdir(parents=True)
    (made.folder / "README.md").write_text("# App\n")
    (made.folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    for name in ("objects", "refs"):
        (made.folder / ".git" / name).mkdir()
    try:
        yield made
    finally:
        model.stop()
        shutil.rmtree(base, ignore_errors=True)


def _claude(on: Stage) -> tuple[list[str], dict[str, str]]:
    trust = {"projects": {str(on.folder): {"hasTrustDialogAccepted": True}}} if on.trusted else {}
    known = {"hasCompletedOnboarding": True, "theme": "dark", **trust}
    (on.home / ".claude.json").write_text(json.dumps(known))
    entry = [{"hooks": [{"type": "command", "command": on.hook()}]}]
    settings = on.base / "settings.json"
    settings.write_text(json.dumps({"hooks": dict.fromkeys(EVENTS["claude"], entry)}))
    env = {
        "ANTHROPIC_BASE_URL": on.url,
        "ANTHROPIC_AUTH_TOKEN": KEY,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }
    return ["--permission-mode", "default", "--settings", str(settings)], env


def _codex(on: Stage) -> tuple[list[str], dict[str, str]]:
    home = on.base / "codex"
    home.mkdir(exist_ok=True)
    trust = f'[projects."{on.folder}"]\ntrust_level = "trusted"\n' if on.trusted else ""
    (home / "config.toml").write_text(
        f'model = "gpt-5"\nmodel_provider = "stub"\ncheck_for_update_on_startup = false\n'
        f'[model_providers.stub]\nname = "stub"\nbase_url = "{on.url}/v1"\nwire_api = "responses"\n'
        f'env_key = "STUB_KEY"\n[analytics]\nenabled = false\n{trust}'
    )
    one = '[{hooks=[{type="command",command=' + json.dumps(on.hook()) + "}]}]"
    hooks = [word for event in EVENTS["codex"] for word in ("-c", f"hooks.{event}={one}")]
    words = ["--no-daemon", "-a", "on-request", "-s", "read-only", "--dangerously-bypass-hook-trust", *hooks]
    return words, {"CODEX_HOME": str(home), "STUB_KEY": KEY}


def _gemini(on: Stage) -> tuple[list[str], dict[str, str]]:
    (on.home / ".gemini").mkdir(exist_ok=True)
    entry = [{"hooks": [{"type": "command", "name": "report", "command": on.hook()}]}]
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
        "telemetry": {"enabled": False},
        "privacy": {"usageStatisticsEnabled": False},
        "hooksConfig": {"enabled": True},
        "hooks": dict.fromkeys(EVENTS["gemini"], entry),
    }
    (on.home / ".gemini" / "settings.json").write_text(json.dumps(settings))
    env = {"GOOGLE_GEMINI_BASE_URL": on.url, "GEMINI_API_KEY": KEY}
    return (["--skip-trust"] if on.trusted else []), env


def _copilot(on: Stage) -> tuple[list[str], dict[str, str]]:
    home = on.base / "copilot"
    home.mkdir(exist_ok=True)
    trust = {"trustedFolders": [str(on.folder)]} if on.trusted else {}
    for name in ("config.json", "settings.json"):
        (home / name).write_text(json.dumps({"banner": "never", **trust}))
    env = {
        "COPILOT_HOME": str(home),
        "COPILOT_PROVIDER_BASE_URL": f"{on.url}/v1",
        "COPILOT_PROVIDER_API_KEY": KEY,
        "COPILOT_MODEL": "gpt-5",
        "COPILOT_OFFLINE": "true",
        "COPILOT_AUTO_UPDATE": "false",
    }
    return [], env


def _opencode(on: Stage) -> tuple[list[str], dict[str, str]]:
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{on.url}/v1", "apiKey": KEY},
        "models": {"m": {"name": "m"}},
    }
    config = {
        "provider": {"stub": provider},
        "model": "stub/m",
        "small_model": "stub/m",
        "autoupdate": False,
        "share": "disabled",
        "permission": {"bash": "ask", "edit": "ask"},
    }
    names = ("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS")
    quiet = {f"OPENCODE_DISABLE_{name}": "1" for name in names}
    return [], {"OPENCODE_CONFIG_CONTENT": json.dumps(config), **quiet}


def _aider(on: Stage) -> tuple[list[str], dict[str, str]]:
    words = [
        *("--model", "openai/m", "--edit-format", "whole", "--no-check-update", "--no-show-release-notes"),
        *("--no-show-model-warnings", "--analytics-disable", "--no-gitignore", "--no-git"),
    ]
    return words, {"OPENAI_API_BASE": f"{on.url}/v1", "OPENAI_API_KEY": KEY}


_SETUP: dict[str, Callable[[Stage], tuple[list[str], dict[str, str]]]] = {
    "claude": _claude,
    "codex": _codex,
    "gemini": _gemini,
    "copilot": _copilot,
    "opencode": _opencode,
    "aider": _aider,
}
