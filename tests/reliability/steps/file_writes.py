"""Where files are made, changed or removed without a point, and why dying there needs no test of its own."""

ALONE = ("runtime/mending/", "runtime/sandbox/battery", "runtime/sandbox/traps.py")
"""What is no work of the daemon: mending, which tests kill at any time, and the trial of a sandbox."""

REASONS: dict[str, dict[str, set[str]]] = {
    "a part of a step of an apply: each step has its point, and is done again": {
        "runtime/worktrees/checkout.py": {"_clear_own_lock"},
        "runtime/worktrees/create.py": {"_add", "exclude"},
        "runtime/worktrees/include.py": {"_copy_one", "_publish", "_write"},
        "runtime/worktrees/interrupted.py": {"_clear_lock", "_take_back"},
        "runtime/worktrees/marker.py": {"sync_folder", "write"},
        "runtime/worktrees/registry.py": {"forget"},
        "runtime/worktrees/remove.py": {"_clear_place", "_reattach"},
        "runtime/worktrees/setup.py": {"_run_step"},
    },
    "a part of a change with a point: it is what the change writes through": {
        "ravi/audit/files.py": {"_sync_folder"},
        "ravi/audit/undone.py": {"_sync", "clear", "write"},
        "ravi/private_files.py": {"_temporary"},
        "runtime/holder/log.py": {"close"},
    },
    "whole or not at all by one link, rename or removal, and asked for again where it did not happen": {
        "ravi/audit/files.py": {"cut", "set_aside"},
        "ravi/private_files.py": {"create_private"},
        "ravi/vault/key_files.py": {"_sync_folder", "remove_own"},
        "runtime/belongings/lives.py": {"_write_new"},
        "runtime/headless/result.py": {"write"},
        "runtime/store/payloads.py": {"drop"},
    },
    "it is made anew, or the work goes on without it": {
        "runtime/bundle/archive.py": {"write"},
        "runtime/files/asides.py": {"_remove"},
        "runtime/headless/progress.py": {"write"},
        "runtime/screens/checkpoint.py": {"write"},
        "runtime/screens/rebuild.py": {"begin_restoring", "end_restoring"},
    },
    "an empty file, a lock or a control group, whose presence alone counts": {
        "durable.py": {"_make_private"},
        "runtime/locks.py": {"_sign", "exclusive"},
        "runtime/sandbox/cgroups.py": {"_usable", "remove", "sweep"},
        "runtime/sandbox/survey.py": {"_empty", "_repo"},
        "runtime/verifying.py": {"_empty"},
        "runtime/worktrees/registry.py": {"exclusively"},
    },
    "a socket, which is nothing without the process that listens": {
        "ravi/local/provider.py": {"open_door"},
        "runtime/holder/serve.py": {"_farewell"},
        "runtime/holder/start.py": {"_hold", "_listen"},
        "runtime/sessions.py": {"_end"},
    },
    "no file: rows of a database or a table in memory, by a method of that name": {
        "runtime/scheduler/loop.py": {"_work"},
        "runtime/scheduler/scheduler.py": {"_commit"},
    },
}
"""By reason, the functions of each module."""


def excused(place: str) -> set[str]:
    """Return the functions of a module that have a reason."""
    return {name for modules in REASONS.values() for name in modules.get(place, ())}
