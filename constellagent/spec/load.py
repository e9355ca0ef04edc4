"""Text of a constellation file -> a Constellation, or every problem in it with its place.

No bytes lead to anything else: what a person can write wrong is a `Problem`, and so is what only a machine
would write.
"""

import hashlib
from codecs import BOM_UTF8
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice

from pydantic import ValidationError

from constellagent.errors import Problem, SpecError
from constellagent.spec.checks import check
from constellagent.spec.compose import compose
from constellagent.spec.defaults import with_defaults
from constellagent.spec.events import FatalError, place_of
from constellagent.spec.explain import MOST, explain, steps_of
from constellagent.spec.models import Constellation
from constellagent.spec.places import Places, Step
from constellagent.spec.tree import Entry, Mapping, Node, Place, Scalar, plain

MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Loaded:
    """A valid file.

    Attributes:
        constellation: what it says, defaults merged into every agent.
        content_hash: SHA-256 of its bytes in hex; approval is given to this.
        places: where everything in it is written.
    """

    constellation: Constellation
    content_hash: str
    places: Places


def load(text: bytes, file: str) -> Loaded:
    """Read the bytes of a constellation file; `file` is its name in messages.

    Raises:
        SpecError: the file cannot be used; carries all its problems, sorted by place.
    """
    loaded, problems = survey(text)
    if loaded is None or problems:
        raise SpecError(file, problems)
    return loaded


def survey(text: bytes) -> tuple[Loaded | None, list[Problem]]:
    """Return the parts of a file that are valid by themselves, and all its problems sorted by place.

    A dry-run tells what it can of the sound parts; nobody else may go on with a file that has problems.
    There are no parts where the text is no YAML of keys and values.
    """
    problems: list[Problem] = []
    loaded = _load(text, problems)
    return loaded, _told_once(problems)


def _load(text: bytes, problems: list[Problem]) -> Loaded | None:
    try:
        root = compose(_decode(text), problems)
    except FatalError as error:
        problems.append(error.problem)
        return None
    if not isinstance(root, Mapping):
        problems.append(no_mapping(root))
        return None
    root = with_defaults(root)
    places = Places(root)
    constellation = _validate(root, places, problems)
    problems.extend(islice(check(constellation, places), MOST))
    return Loaded(constellation, hashlib.sha256(text).hexdigest(), places)


def _decode(text: bytes) -> str:
    if len(text) > MOST_BYTES:
        raise FatalError(Place(0, 0), f"the file is larger than {MOST_BYTES:,} bytes")
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FatalError(Place(1, 1), "the file is UTF-16; save it as UTF-8")
    text = text.removeprefix(BOM_UTF8)  # the codec utf-8-sig counts the place of an error from behind it
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        good = text[: error.start].decode()
        raise FatalError(
            place_of(good, len(good)), "what follows is not UTF-8; save the file as UTF-8"
        ) from error
    if "\0" in decoded:
        raise FatalError(place_of(decoded, decoded.index("\0")), "a NUL character may not stand in a file")
    return decoded


def no_mapping(root: Node | None) -> Problem:
    """Return the problem with a file that holds something else than keys and values."""
    if root is None or (isinstance(root, Scalar) and root.value is None):
        return Problem(0, 0, "", "the file is empty; begin with version: 1 and agents:")
    return Problem(1, 1, "", "the file must hold keys and values; begin with version: 1 and agents:")


def _validate(root: Mapping, places: Places, problems: list[Problem]) -> Constellation:
    """Return the constellation; of a faulty one the valid parts, for the rules between parts.

    An agent is judged as a whole once its schedules are sound, so leaving these out may show more problems.
    """
    while True:
        try:
            return Constellation.model_validate(plain(root))
        except ValidationError as error:
            errors = error.errors(include_url=False)
        problems.extend(explain(errors, places))
        root = _without(root, {_part(steps_of(details)) for details in errors})
        root.entries.setdefault("version", Entry(root.place, Scalar(root.place, value=1)))


def _part(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return which part of the file is left out for an error: a schedule, an agent, a service or a key."""
    if steps[0] == "agents":
        return steps[:4] if steps[2:3] == ("schedules",) and len(steps) > 3 else steps[:2]
    return steps[:2] if steps[0] == "services" else steps[:1]


def _without(root: Mapping, faulty: AbstractSet[tuple[Step, ...]]) -> Mapping:
    """Return the tree without its faulty parts."""
    around = {part[:length] for part in faulty for length in range(1, len(part))}

    def sound(mapping: Mapping, above: tuple[Step, ...]) -> Mapping:
        entries = {}
        for key, entry in mapping.entries.items():
            steps = (*above, key)
            if steps in faulty:
                continue
            if steps in around and isinstance(entry.node, Mapping):
                entries[key] = Entry(entry.place, sound(entry.node, steps))
            else:
                entries[key] = entry
        return Mapping(mapping.place, entries=entries)

    return sound(root, ())


def _told_once(problems: list[Problem]) -> list[Problem]:
    """Return the problems by place; one that aliases repeat is told once."""
    told: dict[tuple[int, int, str], Problem] = {}
    for problem in sorted(problems, key=lambda problem: (problem.line, problem.column)):
        told.setdefault((problem.line, problem.column, problem.message), problem)
    return list(told.values())
