"""Bare output, by time and size."""

from constellagent.term.activity.flow import Flow


def test_output_flows_until_it_is_quiet() -> None:
    """Two seconds after the last byte it has stopped."""
    flow = Flow()
    assert not flow.flows(0.0)
    flow.output(1.0, 1)
    assert flow.flows(2.9)
    assert not flow.flows(3.0)


def test_echoes_and_repaints_start_nothing_but_go_on() -> None:
    """Output right after a key or a resize is no work, unless work was going on."""
    flow = Flow()
    flow.typed(1.0)
    flow.output(1.4, 9999)
    assert (flow.last, flow.written) == (None, 1.4)
    flow.resized(2.0)
    flow.output(2.9, 9999)
    assert (flow.last, flow.written) == (None, 1.4)
    assert flow.lively_from < 0
    flow.output(3.0, 1)
    flow.typed(4.0)
    flow.output(4.2, 1)
    assert flow.last == 4.2
    flow.resized(5.0)
    flow.output(5.1, 1)
    assert (flow.last, flow.written) == (5.1, 4.2)


def test_much_output_is_lively_from_where_it_began() -> None:
    """A kilobyte within three seconds is; the same in a minute is not."""
    flow = Flow()
    for second in range(60):
        flow.output(float(second), 200)
    assert flow.lively_from < 0
    flow.output(100.0, 1000)
    flow.output(102.9, 24)
    assert flow.lively_from == 100.0


def test_a_spinner_is_lively_and_a_clock_is_not() -> None:
    """Ten small writes a second are; one a second is not; a write that is read in parts is one."""
    spinner, clock, parts = Flow(), Flow(), Flow()
    for turn in range(30):
        spinner.output(turn / 10, 8)
        clock.output(turn / 1, 8)
        parts.output(turn / 1000, 8)
    assert spinner.lively_from == 0.0
    assert clock.lively_from < 0
    assert parts.lively_from < 0
