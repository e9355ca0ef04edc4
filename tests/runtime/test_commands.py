"""What a person reads before approving a file: every command that it would run."""

from constellagent.runtime.commands import commands_of
from constellagent.spec.models import Constellation


def test_every_command_is_listed() -> None:
    """Services, then each agent's setup, its own command with its prompt, and commands of its schedules."""
    constellation = Constellation.model_validate(
        {
            "version": 1,
            "services": {"web": {"command": ["serve", "8000"]}, "db": {"shell": "db | tee log"}},
            "agents": {
                "auth": {"kind": "claude", "prompt": "Go.", "setup": [["npm", "ci"], ["make"]]},
                "triage": {
                    "shell": "run it",
                    "schedules": {
                        "morning": {"cron": "0 9 * * *", "command": ["sweep", "--all"]},
                        "evening": {"cron": "0 18 * * *", "prompt": "Say good night."},
                    },
                },
            },
        }
    )

    found = [(view["subject"], view["what"], view["argv"]) for view in commands_of(constellation)]

    assert found == [
        ("web", "service", ["serve", "8000"]),
        ("db", "service", ["/bin/sh", "-c", "db | tee log"]),
        ("auth", "setup", ["npm", "ci"]),
        ("auth", "setup", ["make"]),
        ("auth", "agent", ["claude", "--", "Go."]),
        ("triage", "agent", ["/bin/sh", "-c", "run it"]),
        ("triage", "schedule morning", ["sweep", "--all"]),
    ]
