"""Where the tests do not mirror the package file for file, and why; `test_architecture` keeps it exact."""

_HOLDER = (
    "runs in the holder's own process: runtime/holder/test_serve.py and test_launch.py drive it from outside"
)

UNMIRRORED: dict[str, str] = {
    "ravi/failures.py": "ravi/test_client.py meets every failure over real sockets",
    "ravi/local/addresses.py": "ravi/local/test_invented.py tests all that the provider invents",
    "ravi/local/answers.py": "every route answers through it: ravi/local/test_identities.py, test_keys.py",
    "ravi/local/numbers.py": "ravi/local/test_invented.py tests all that the provider invents",
    "ravi/local/resources.py": "ravi/local/test_sdk.py asks every route as the public client does",
    "ravi/local/schema.py": "holds statements only; ravi/local/test_provider.py opens the database they make",
    "ravi/local/store.py": "names a file for constellagent/durable.py; ravi/local/test_provider.py opens it",
    "runtime/store/database.py": "names a file for durable.py; runtime/store/test_schema.py opens it",
    "runtime/holder/__main__.py": _HOLDER,
    "runtime/holder/child.py": _HOLDER,
    "runtime/holder/config.py": _HOLDER,
    "runtime/holder/program.py": _HOLDER,
    "runtime/holder/requests.py": _HOLDER,
    "runtime/holder/start.py": _HOLDER,
    "runtime/holder/status.py": _HOLDER,
    "runtime/holder/client.py": "the other end of runtime/holder/test_serve.py",
    "runtime/identities/keys.py": "runtime/identities/test_adapter.py mints, loses and revokes keys",
    "runtime/identities/matching.py": "runtime/identities/test_creation.py lets every kind of identity match",
    "runtime/objects_worker.py": "runs in a process of its own, which runtime/test_objects.py drives",
    "runtime/occupants.py": "runtime/test_git.py finds who is in a folder or holds a file",
    "runtime/worktrees/checkout.py": "runtime/worktrees/test_create.py and test_content.py check out",
    "runtime/worktrees/leftovers.py": "runtime/worktrees/test_losses.py finds what is ours to remove",
    "runtime/worktrees/place.py": "runtime/worktrees/test_create.py makes worktrees in hostile places",
    "runtime/worktrees/rescue.py": "runtime/worktrees/test_remove.py brings every byte back",
    "runtime/worktrees/port.py": "binds the other modules; runtime/test_ports.py asserts its contract",
    "runtime/worktrees/site.py": "what the other modules share; runtime/worktrees/test_look.py",
    "spec/events.py": "spec/test_compose.py reads streams of events",
    "spec/models.py": "spec/test_load.py loads every key of them",
    "spec/splice.py": "the inner half of spec/edit.py; spec/test_edit.py",
    "spec/tree.py": "spec/test_compose.py builds trees and spec/test_places.py walks them",
    "spec/values.py": "spec/test_load.py loads good and bad values of each kind",
}
"""Modules of the package without a test file of their own: where they are tested instead."""

TESTS: dict[str, str] = {
    "ravi/local/test_invented.py": "the addresses, names and numbers that the provider invents",
    "ravi/local/test_sdk.py": "the public client, unmodified, against the provider",
    "runtime/holder/test_direct.py": "a viewer's terminal in the holder's hands: protocol, requests, viewers",
    "runtime/worktrees/test_content.py": "the bytes of a checkout: filters, sparse, partial clones",
    "runtime/worktrees/test_crash.py": "dying at every step of a creation and of a removal",
    "runtime/worktrees/test_disk.py": "no space left",
    "runtime/worktrees/test_hostile.py": "repositories that try to run something",
}
"""Test files that are not named after one module: what they test."""
