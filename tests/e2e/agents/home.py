"""A person's home in which much has been configured, and what has become of it later.

It holds what a machine of somebody has who uses all of these programs: their configuration, instructions,
logins and conversations, and beside them what anything that runs as that person could write to.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

LOGINS = {
    ".claude/.credentials.json": '{"claudeAiOauth": {"accessToken": "sk-ant-oat01-the-persons-own"}}\n',
    ".codex/auth.json": '{"OPENAI_API_KEY": "sk-the-persons-own"}\n',
    ".gemini/oauth_creds.json": '{"access_token": "ya29.the-persons-own"}\n',
    ".local/share/opencode/auth.json": '{"anthropic": {"type": "api", "key": "sk-the-persons-own"}}\n',
}
"""The person's logins. Where a program finds one, it may ask its vendor about it."""

_CONVERSATION = '{"type": "user", "message": {"role": "user", "content": "Mine."}}\n'
_ID = "0b0e3c52-6a53-4b3e-9c3e-0f6f6f3f4a11"

FILES = {
    ".claude.json": json.dumps(
        {
            "numStartups": 7,
            "hasCompletedOnboarding": True,
            "theme": "dark",
            "mcpServers": {"mine": {"type": "stdio", "command": "true", "args": []}},
            "projects": {"/somewhere/else": {"hasTrustDialogAccepted": True, "allowedTools": ["Bash(ls:*)"]}},
        }
    ),
    ".claude/settings.json": '{\n    "theme": "dark",   "permissions": {"deny": ["WebFetch"]}\n}\n',
    ".claude/CLAUDE.md": "Speak plainly.\n",
    ".claude/agents/reviewer.md": "---\nname: reviewer\ndescription: reviews\n---\nReview.\n",
    f".claude/projects/-somewhere-else/{_ID}.jsonl": _CONVERSATION,
    ".codex/config.toml": 'model = "o9"   # mine\n\n[tui]\nnotifications = false\n\n'
    '[mcp_servers.mine]\ncommand = "true"\n',
    ".codex/AGENTS.md": "Speak plainly.\n",
    ".codex/prompts/mine.md": "Mine.\n",
    f".codex/sessions/2026/01/02/rollout-2026-01-02T03-04-05-{_ID}.jsonl": _CONVERSATION,
    ".copilot/config.json": '{"banner": "never"}\n',
    ".copilot/settings.json": '{"beep": false}\n',
    ".copilot/mcp-config.json": '{"mcpServers": {}}\n',
    ".copilot/copilot-instructions.md": "Speak plainly.\n",
    f".copilot/session-state/{_ID}/events.jsonl": _CONVERSATION,
    ".gemini/settings.json": '{"ui": {"theme": "Default"}}\n',
    ".gemini/GEMINI.md": "Speak plainly.\n",
    ".config/opencode/opencode.json": '{"share": "disabled"}\n',
    ".config/opencode/AGENTS.md": "Speak plainly.\n",
    ".aider.conf.yml": "dark-mode: true\n",
    ".gitconfig": "[user]\n\tname = A Person\n\temail = person@example.com\n[core]\n\tautocrlf = false\n",
    ".config/git/ignore": "*.swp\n",
    ".config/mimeapps.list": "[Default Applications]\ntext/html=browser.desktop\n",
    ".local/share/applications/browser.desktop": "[Desktop Entry]\nName=Browser\n",
    ".ssh/config": "Host *\n\tForwardAgent no\n",
    ".ssh/known_hosts": "example.com ssh-ed25519 AAAA\n",
    ".npmrc": "fund=false\n",
    ".netrc": "machine example.com login person password mine\n",
    ".ravi/config.json": '{"identity_key": "ravi_id_the_persons_own"}\n',
    ".cache/something/kept": "kept\n",
    "dotfiles/bashrc": "alias ll='ls -l'\n",
    "notes.txt": "Mine.\n",
}
"""The rest; layout and comments are a person's own, so that a file written anew shows."""


def populate(home: Path, trusted: Sequence[Path] = (), *, logins: bool = True) -> None:
    """Fill a home; in it the person has trusted these folders in each program."""
    for name, text in {**FILES, **(LOGINS if logins else {})}.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600 if name.startswith((".ssh/", ".netrc")) else 0o644)
    (home / ".bashrc").symlink_to("dotfiles/bashrc")
    folders = [str(folder) for folder in trusted]
    state = json.loads(FILES[".claude.json"])
    state["projects"] |= {folder: {"hasTrustDialogAccepted": True} for folder in folders}
    (home / ".claude.json").write_text(json.dumps(state))
    tables = "".join(f'\n[projects."{folder}"]\ntrust_level = "trusted"\n' for folder in folders)
    (home / ".codex/config.toml").write_text(FILES[".codex/config.toml"] + tables)
    own = {"banner": "never", **({"trustedFolders": folders} if folders else {})}
    (home / ".copilot/config.json").write_text(json.dumps(own, indent=4))


def look(home: Path) -> Mapping[str, str]:
    """Return what each file of a home is: its mode and a digest of its bytes, or where it points.

    Looks again where a file goes away meanwhile: a program may be ending still.
    """
    while True:
        with suppress(FileNotFoundError):
            return _seen(home)


def _seen(home: Path) -> dict[str, str]:
    found = {}
    for path in sorted(home.rglob("*")):
        name = str(path.relative_to(home))
        if path.is_symlink():
            found[name] = f"to {path.readlink()}"
        elif path.is_file():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[name] = f"{path.stat().st_mode & 0o7777:o} {digest}"
    return found


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """Return the files that were there before and are not as they were, or not there any more."""
    return {name for name, was in before.items() if after.get(name) != was}


def added(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    """Return the files that were not there before."""
    return after.keys() - before.keys()
