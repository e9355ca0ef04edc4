"""Where files or what git keeps are changed without a point, and why dying there needs no test of its own."""

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
        "backups.py": {"_copy", "_named", "make"},
        "ravi/audit/files.py": {"_opened", "_sync_folder"},
        "ravi/audit/undone.py": {"_sync", "clear", "write"},
        "ravi/private_files.py": {"_temporary"},
        "runtime/holder/log.py": {"close"},
    },
    "whole or not at all by one link, rename or removal, and asked for again where it did not happen": {
        "backups.py": {"prune"},
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
        "faces/server.py": {"listening"},
        "faces/web/entrances.py": {"unix_entrance"},
        "ravi/local/provider.py": {"open_door"},
        "runtime/holder/serve.py": {"_farewell"},
        "runtime/holder/start.py": {"_hold", "_listen"},
        "runtime/sessions.py": {"_end"},
    },
    "a log, of which each line stands for itself": {
        "failpoints.py": {"_tell"},
        "faces/launching.py": {"_spawn", "_start"},
        "runtime/holder/start.py": {"_leave"},
    },
    "what a command writes for who gave it, in their own folders: no daemon counts on it": {
        "faces/cli/agent.py": {"replace"},
        "faces/cli/init.py": {"init"},
        "faces/cli/planning.py": {"save"},
        "faces/cli/schema.py": {"schema"},
        "faces/installing.py": {"install", "uninstall"},
    },
    "for a moment only, or a demonstration, which is made anew": {
        "demo/agents/clerk.py": {"main"},
        "faces/cli/demo_stage.py": {"_copy", "build", "remove"},
        "faces/cli/versions.py": {"_run"},
        "faces/opening.py": {"_write", "open_page", "sweep"},
    },
    "a terminal, or what the kernel shows as a file": {
        "runtime/holder/line.py": {"_reopened"},
        "runtime/sandbox/entering.py": {"_put"},
    },
    "no file: rows of a database or a table in memory, by a method of that name": {
        "runtime/scheduler/loop.py": {"_work"},
        "runtime/scheduler/scheduler.py": {"_commit"},
    },
}
"""By reason, the functions of each module that write files."""

THROUGH_GIT: dict[str, dict[str, set[str]]] = {
    "a part of a step of an apply: each step has its point, and is done again": {
        "runtime/worktrees/checkout.py": {"_check_out"},
        "runtime/worktrees/create.py": {"_add", "_create_branch"},
        "runtime/worktrees/registry.py": {"forget"},
        "runtime/worktrees/rescue.py": {"_commit"},
    },
    "a part of a change with a point: it is what the change writes through": {
        "runtime/edits/hunks.py": {"_write_index"},
        "runtime/edits/staging.py": {"_update"},
        "runtime/worktrees/remove.py": {"drop_branch"},
    },
    "an index or files in a folder of its own, which goes at once": {
        "runtime/worktrees/checkout.py": {"_not_cut_short"},
        "runtime/worktrees/leftovers.py": {"compare", "write_tree"},
        "runtime/worktrees/rescue.py": {"_staged"},
    },
    "what git remembers of the disk, read again where it is not there": {
        "runtime/worktrees/checkout.py": {"changed_early"},
    },
    "the trial of a sandbox, or a demonstration, which is made anew": {
        "demo/agents/clerk.py": {"main"},
        "faces/cli/demo_stage.py": {"_commit"},
        "runtime/verifying.py": {"_forget"},
    },
}
"""The same of those that let git change something."""


def excused(place: str, reasons: dict[str, dict[str, set[str]]] = REASONS) -> set[str]:
    """Return the functions of a module that have a reason."""
    return {name for modules in reasons.values() for name in modules.get(place, ())}
