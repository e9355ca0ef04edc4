"""Names and mail addresses of local identities: what is allowed, and what is invented where none is given."""

import re
import secrets

from constellagent.ravi.local.answers import invalid

DEFAULT_DOMAIN = "constellagent.test"
"""The domain of addresses for which none is given; `.test` is reserved and reaches nobody."""

_LOCAL_PART = re.compile(r"[a-z0-9][a-z0-9.-]{1,28}[a-z0-9]", re.ASCII)
_DOMAIN = re.compile(
    r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]", re.ASCII
)

_MANNERS = (
    "Amber",
    "Bright",
    "Calm",
    "Early",
    "Gentle",
    "Keen",
    "Lucid",
    "Merry",
    "Noble",
    "Quiet",
    "Swift",
    "Warm",
)
_STARS = (
    "Altair", "Bellatrix", "Capella", "Deneb", "Electra", "Fomalhaut", "Hadar", "Izar", "Mimosa", "Polaris",
    "Rigel", "Spica", "Tania", "Vega",
)  # fmt: skip


def check_local_part(text: str, field: str) -> str:
    """Return the local part if it may be one.

    Raises:
        ApiError: it may not; says what is allowed.
    """
    if not _LOCAL_PART.fullmatch(text) or ".." in text or "--" in text:
        raise invalid(
            f"{field}: 3 to 30 of a-z 0-9 . - are allowed, beginning and ending with a letter or digit, "
            "without .. or --.",
            field,
        )
    return text


def check_domain(text: str) -> str:
    """Return the domain if it may be one.

    Raises:
        ApiError: it may not.
    """
    if not _DOMAIN.fullmatch(text):
        raise invalid("domain: a lower-case domain name with a dot is needed.", "domain")
    return text


def invent_name() -> str:
    """Return a name for an identity whose maker gave none."""
    return f"{secrets.choice(_MANNERS)} {secrets.choice(_STARS)}"


def invent_local_part(name: str) -> str:
    """Return a local part that reminds of `name` and is unlikely to be taken."""
    slug = re.sub(r"[^a-z0-9]+", ".", name.lower(), flags=re.ASCII).strip(".")[:20].strip(".")
    return f"{slug or 'agent'}{secrets.randbelow(900_000) + 100_000}"
