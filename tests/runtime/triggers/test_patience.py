"""How long is waited after failures."""

from constellagent.runtime.triggers.patience import Patience


async def test_pauses_grow_to_a_minute_and_begin_anew() -> None:
    """One second, doubled each time; what is asked for at least is waited, within the minute."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    patience = Patience(sleep)
    assert not patience.failing
    for _ in range(8):
        await patience.rest()
    assert patience.failing
    patience.worked()
    assert not patience.failing
    await patience.rest(7.0)
    await patience.rest(3600.0)
    assert waited == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 7.0, 60.0]
