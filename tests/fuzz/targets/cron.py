"""A cron expression: it never fires, or its fires are found one by one, backwards, and by counting alike."""

from datetime import UTC, datetime, timedelta

from constellagent.spec.cron import CronError, parse_cron
from tests.fuzz.target import Target

_ZONES = ("UTC", "Europe/Dublin", "Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia", "America/Nuuk")
_DAYS = 20 * 366
_SOME = 400


def run(data: bytes) -> None:
    """Read an expression from the fourth byte on; the first ones say from when and where to look."""
    head, text = data[:3].ljust(3, b"\0"), data[3:].decode(errors="replace")
    zone = _ZONES[head[0] % len(_ZONES)]
    start = datetime(2011, 12, 1, tzinfo=UTC) + timedelta(days=int.from_bytes(head[1:], "big") % _DAYS)
    try:
        cron = parse_cron(text, seed="s")
    except CronError as error:
        str(error).encode()
        return
    assert parse_cron(cron.resolved) == cron
    assert parse_cron(cron.text, seed="s") == cron
    end = start + timedelta(days=3)
    fires = []
    for fire in cron.between(start, end, zone):
        fires.append(fire)
        if len(fires) > _SOME:
            end = fire
            break
    assert fires == sorted(set(fires))
    assert cron.count(start, end, zone) == len(fires)
    if fires:
        assert cron.next(start, zone) == fires[0]
        assert cron.previous(end + timedelta(minutes=1), zone) == fires[-1]
        return
    after = cron.next(start, zone)
    assert after is None or after > end
    assert cron.smallest_gap > timedelta(0)


def seeds() -> list[bytes]:
    """Return expressions of every form."""
    forms = (
        *(
            "* * * * *",
            "*/5 8-18 * * mon-fri",
            "0 9 1,15 * *",
            "30 2 29 2 *",
            "@daily",
            "@hourly",
            "H H * * *",
        ),
        *("H/15 * * * *", "0 0 31 4 *", "59 23 31 12 7", "0-10/3,20 1 */2 jan,mar-may sun", "@every 5m"),
    )
    return [bytes([number, 3 * number, 40]) + form.encode() for number, form in enumerate(forms)]


TARGET = Target(
    "cron",
    run,
    seeds,
    words=tuple(b"* */ H H( jan-dec mon-sun 0-59 ,/ @weekly @yearly L W # ? 29 31 7".split()),
    guides=("constellagent.spec.cron", "croniter"),
    longest=120,
)
