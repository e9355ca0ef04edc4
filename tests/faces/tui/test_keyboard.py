"""The keyboard: programs get their keys at once, prompt_toolkit gets what is left."""

import asyncio
import time

import pytest
from prompt_toolkit import Application
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import FormattedTextControl, Layout, Window
from prompt_toolkit.output import DummyOutput

from constellagent.faces.tui.keyboard import Keyboard, Program, Spot, outer_modes
from constellagent.term.cells import Modes
from tests.faces.tui.keyboard_bench import PREFIX, Bench, FakeProgram, FakeSink, bench

MOST_TURNS = 5
"""Turns of the loop in which a key goes from the pipe to the program."""


async def until(bench: Bench) -> None:
    """Wait until something was left for prompt_toolkit."""
    async with asyncio.timeout(30):
        await bench.arrived.wait()


@pytest.mark.parametrize(
    "typed",
    [b"hello", "müsli 漢".encode(), b"\x03", b"\x1bx", b"\x7f", b"\x1b[A", b"\x1b[1;5C", b"\x1bOP", b"\xff"],
)
async def test_what_both_terminals_send_alike_goes_as_it_is(typed: bytes) -> None:
    """Bytes in, the same bytes out, in one piece, and nothing for prompt_toolkit."""
    async with bench() as b:
        await b.type(typed)
        assert b.program.got == [typed]
        assert not b.arrived.is_set()


@pytest.mark.parametrize(
    ("typed", "modes", "data"),
    [
        ("\x1b[A", Modes(application_cursor=True), b"\x1bOA"),
        ("\x1b[99;5u", Modes(), b"\x03"),
        ("\x1b[27;2;13~", Modes(), b"\r"),
        ("\x1b[13;2u", Modes(kitty_flags=1), b"\x1b[13;2u"),
        ("\x03", Modes(kitty_flags=1), b"\x1b[99;5u"),
        ("\x1b[27u", Modes(), b"\x1b"),
        ("\r", Modes(newline=True), b"\r\n"),
        ("\x7f", Modes(backarrow=True), b"\x08"),
        ("\x1b[1089::99;5u", Modes(), b"\x03"),
        ("\x1b[99;9u", Modes(), b""),
        ("\x1b[5;5H", Modes(), b"\x1b[5;5H"),
        ("\x1b[24;80R", Modes(), b""),
    ],
)
async def test_programs_get_what_they_asked_for(typed: str, modes: Modes, data: bytes) -> None:
    """Whatever the outer terminal sends, in the way of the program; what is no key of ours as it came."""
    async with bench(modes) as b:
        await b.type(typed)
        assert b.program.data == data


async def test_all_that_are_chosen_get_it() -> None:
    """Each in its own way."""
    async with bench() as b:
        other = FakeProgram(Modes(application_cursor=True, bracketed_paste=True, focus_events=True))
        b.sink.focused.append(other)
        await b.type("a\x1b[A\x1b[200~x\x1b[201~\x1b[I")
        assert b.program.data == b"a\x1b[Ax"
        assert other.data == b"a\x1bOA\x1b[200~x\x1b[201~\x1b[I"


async def test_a_lone_escape_is_passed_on_soon() -> None:
    """After a fiftieth of a second and before what was to happen a quarter of a second later."""
    async with bench() as b:
        start = time.perf_counter()
        later: list[bool] = []
        await b.type("\x1b")
        asyncio.get_running_loop().call_later(0.25, lambda: later.append(bool(b.program.got)))
        async with asyncio.timeout(30):
            while not later:
                await asyncio.sleep(0.001)
        assert later == [True]
        assert b.program.data == b"\x1b"
        assert b.program.at - start > 0.019


async def test_a_sequence_in_two_pieces_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes within the time for it belongs to it."""
    monkeypatch.setattr("constellagent.term.keys.typed._WAITS", (30.0, 30.0, 30.0))
    async with bench(Modes(application_cursor=True)) as b:
        await b.type("\x1b")
        await b.type("[A")
        assert b.program.got == [b"\x1bOA"]


@pytest.mark.parametrize("prefix", ["\x1d", "\x1b[93;5u", "\x1b[27;5;93~"])
async def test_the_prefix_makes_a_command(prefix: str) -> None:
    """However the outer terminal encodes it; only the one key after it is a command."""
    async with bench() as b:
        await b.type(prefix)
        assert b.keyboard.prefix_pending
        assert b.sink.told == [("prefixed", True)]
        await b.type("dd")
        assert not b.keyboard.prefix_pending
        assert b.sink.told[1:] == [("prefixed", False), ("command", "d")]
        assert b.program.data == b"d"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("?", "?"),
        ("\x1b[D", "left"),
        ("\t", "tab"),
        ("\x04", "c-d"),
        ("\x1bx", "a-x"),
        (" ", " "),
        ("\x1b[Z", "s-tab"),
    ],
)
async def test_commands_have_names(typed: str, name: str) -> None:
    """Those of prompt_toolkit, with Alt as `a-`."""
    async with bench() as b:
        await b.type("\x1d" + typed)
        assert ("command", name) in b.sink.told


async def test_the_prefix_twice_is_the_key_itself() -> None:
    """For the program, or for prompt_toolkit."""
    async with bench() as b:
        await b.type("\x1d\x1da")
        assert b.program.data == b"\x1da"
        assert [told for told in b.sink.told if told == ("command", "]")] == []
    async with bench(chrome=True) as b:
        await b.type("\x1d\x1d")
        assert b.keys == ["c-]"]


async def test_the_release_of_the_prefix_is_nothing() -> None:
    """Terminals that tell of releases make no command of it."""
    async with bench() as b:
        await b.type("\x1b[93;5u\x1b[93;5:3u")
        assert b.keyboard.prefix_pending
        await b.type("\x1b[100;1:3ud")
        assert ("command", "d") in b.sink.told
        await b.type("\x1b[93;5:3u")
        assert b.program.got == []


async def test_a_command_decides_about_the_next_key() -> None:
    """Typed in one go: before it to the program, after it to the part that it gave the focus."""
    async with bench() as b:
        await b.type("ab\x1dxcd")
        assert b.program.got == [b"ab"]
        assert b.keys == ["c", "d"]


async def test_prompt_toolkit_gets_its_keys() -> None:
    """All of them, in the way that it knows, those encoded otherwise as well; unknown ones are left out."""
    async with bench(chrome=True) as b:
        await b.type(
            "a\r\x1b[A\x1b[1;5C\x1b[97;5u\x1b[13;2u\x1bx\x1b[1;3A\x1b[Z\x7f\x1b[97;1:3u\x1b[57428u\x1b[1;7P"
        )
        assert b.keys == [
            "a", "c-m", "up", "c-right", "c-a", "c-m", "escape", "x", "escape", "up", "s-tab", "c-h",
        ]  # fmt: skip


async def test_prompt_toolkit_gets_pastes_and_the_mouse() -> None:
    """As its own parser would give them."""
    async with bench(chrome=True) as b:
        await b.type("\x1b[200~one\ntwo\x1b[201~\x1b[<0;3;4M")
        assert b.left == [
            (Keys.BracketedPaste.value, "one\ntwo"),
            (Keys.Vt100MouseEvent.value, "\x1b[<0;3;4M"),
        ]


async def test_a_lone_escape_reaches_prompt_toolkit() -> None:
    """Without its own half a second."""
    async with bench(chrome=True) as b:
        await b.type("\x1b")
        await until(b)
        assert b.keys == ["escape"]


async def test_a_paste_goes_in_one_piece() -> None:
    """Ten megabytes, bracketed where the program wants that, and without what could break out."""
    async with bench(Modes(bracketed_paste=True)) as b:
        text = "line\n" * 2_000_000
        data = f"\x1b[200~{text}\x1b[31m\x1b[201~".encode()
        await asyncio.gather(asyncio.to_thread(b.pipe.send_bytes, data), _quiet(b))
        assert b.program.got == [b"\x1b[200~" + text.replace("\n", "\r").encode() + b"\x1b[201~"]


async def _quiet(b: Bench) -> None:
    async with asyncio.timeout(30):
        while not b.program.got:
            await asyncio.sleep(0.005)


async def test_focus_and_answers() -> None:
    """Programs that ask are told of the focus; the outer terminal's answers are never typed."""
    async with bench(Modes(focus_events=True)) as b:
        await b.type("\x1b[O\x1b[?62;4c\x1b]11;rgb:0/0/0\x1b\\")
        assert b.program.data == b"\x1b[O"
        assert b.sink.told == [
            ("focus", False),
            ("answered", "\x1b[?62;4c"),
            ("answered", "\x1b]11;rgb:0/0/0\x1b\\"),
        ]


MOUSE = Modes(mouse="drag", mouse_encoding="sgr")


def place(b: Bench, program: Program, columns: int = 10, rows: int = 5) -> None:
    """Put a tile of that size at column 20 and row 3 of the outer terminal."""
    for column in range(columns):
        for row in range(rows):
            b.sink.spots[20 + column, 3 + row] = Spot(program, column, row, columns, rows)


async def test_programs_get_the_mouse_in_their_own_cells() -> None:
    """Press, drag and release, also beyond the edge of the tile; what it does not want is nobody's."""
    async with bench(MOUSE) as b:
        place(b, b.program)
        await b.type("\x1b[<35;25;5M")
        await b.type("\x1b[<0;25;5M\x1b[<32;26;5M\x1b[<32;1;1M\x1b[<32;99;99M\x1b[<0;99;99m")
        await b.type("\x1b[<0;1;1M")
        assert b.program.data == (b"\x1b[<0;5;2M\x1b[<32;6;2M\x1b[<32;1;1M\x1b[<32;10;5M\x1b[<0;10;5m")
        assert b.keys == [Keys.Vt100MouseEvent.value]
        assert b.left[0][1] == "\x1b[<0;1;1M"


@pytest.mark.parametrize("event", ["\x1b[<4;25;5M", "\x1b[<0;5;5M"])
async def test_shift_and_other_places_are_ours(event: str) -> None:
    """With Shift a person selects, and clicks beside the tile are clicks on the multiplexer."""
    async with bench(MOUSE) as b:
        place(b, b.program)
        await b.type(event)
        assert b.program.got == []
        assert [data for _, data in b.left] == [event]


async def test_a_click_on_another_tile_is_for_the_focus() -> None:
    """Its program gets the wheel, but no click before it has the focus."""
    async with bench(MOUSE) as b:
        other = FakeProgram(MOUSE)
        place(b, other)
        await b.type("\x1b[<0;25;5M\x1b[<64;25;5M")
        assert other.data == b"\x1b[<64;5;2M"
        assert [data for _, data in b.left] == ["\x1b[<0;25;5M"]


async def test_without_the_mouse_the_wheel_scrolls() -> None:
    """As arrows where the program has the alternate screen, else it is for the scrollback."""
    async with bench(Modes(alternate_screen=True, alternate_scroll=True)) as b:
        place(b, b.program)
        await b.type("\x1b[<65;25;5M")
        assert b.program.data == b"\x1b[B" * 3
        b.program.modes = Modes()
        await b.type("\x1b[<65;25;5M")
        assert [data for _, data in b.left] == ["\x1b[<65;25;5M"]


async def test_a_drag_ends_with_a_lost_release() -> None:
    """A move without a button tells that it was let go somewhere else."""
    async with bench(MOUSE) as b:
        place(b, b.program)
        await b.type("\x1b[<0;25;5M\x1b[<35;1;1M\x1b[<0;1;1M")
        assert b.program.data == b"\x1b[<0;5;2M"
        assert [data for _, data in b.left] == ["\x1b[<0;1;1M"]


async def test_in_an_application() -> None:
    """Keys of ours call bindings, keys of a program do not; the end of the input ends the application."""
    with create_pipe_input() as pipe:
        assert isinstance(pipe, Vt100Input)
        program, pressed = FakeProgram(), asyncio.Event()
        sink = FakeSink([program])
        bindings = KeyBindings()

        @bindings.add("q")
        def _(_event: KeyPressEvent) -> None:
            pressed.set()

        keyboard = Keyboard(pipe, sink, PREFIX)
        running = await _begun(keyboard, bindings, pipe, program)
        assert not pressed.is_set()
        pipe.send_text("\x1dxq")
        async with asyncio.timeout(30):
            await pressed.wait()
        pipe.close()
        with pytest.raises(EOFError):
            await running


async def test_what_follows_a_key_of_ours_goes_where_that_has_led() -> None:
    """Typed fast, all of it comes in one read: the key that leaves a view, and text for the program."""
    with create_pipe_input() as pipe:
        assert isinstance(pipe, Vt100Input)
        program = FakeProgram()
        sink = FakeSink([program])
        bindings, pressed = KeyBindings(), list[str]()

        @bindings.add("q")
        @bindings.add("b")
        def _(event: KeyPressEvent) -> None:
            pressed.append(event.data)
            sink.focused = [program] if event.data == "q" else []

        keyboard = Keyboard(pipe, sink, PREFIX)
        running = await _begun(keyboard, bindings, pipe, program)
        program.got.clear()
        pipe.send_text("\x1dxbqbquit\x1dxq!")
        async with asyncio.timeout(30):
            while not program.data.endswith(b"!"):
                await asyncio.sleep(0.001)
        assert (program.data, pressed) == (b"bquit!", ["b", "q", "q"])
        pipe.close()
        with pytest.raises(EOFError):
            await running


async def _begun(
    keyboard: Keyboard, bindings: KeyBindings, pipe: PipeInput, program: FakeProgram
) -> asyncio.Future[None]:
    """Return an application that runs, and whose keys reach the program."""
    app: Application[None] = Application(
        Layout(Window(FormattedTextControl("", focusable=True))),
        key_bindings=bindings,
        input=keyboard,
        output=DummyOutput(),
    )
    running = asyncio.ensure_future(app.run_async())
    await _until_attached(keyboard, pipe, program)
    return running


async def _until_attached(keyboard: Keyboard, pipe: PipeInput, program: FakeProgram) -> None:
    assert keyboard.fileno() >= 0
    assert not keyboard.closed
    pipe.send_text("q")
    async with asyncio.timeout(30):
        while not program.got:
            await asyncio.sleep(0.001)


async def test_it_stands_for_the_outer_input() -> None:
    """Raw and cooked mode, detaching and the type-ahead are the outer input's."""
    async with bench() as b:
        with b.keyboard.raw_mode(), b.keyboard.cooked_mode():
            pass
        assert b.keyboard.typeahead_hash() == b.pipe.typeahead_hash()
        with b.keyboard.detach():
            await b.type("a")
            assert b.program.got == []
        async with asyncio.timeout(30):
            while not b.program.got:
                await asyncio.sleep(0.001)


async def test_leaving_forgets_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """No timer goes off after the application has left."""
    monkeypatch.setattr("constellagent.term.keys.typed._WAITS", (0.2, 0.2, 0.2))
    async with bench() as b:
        await b.type("\x1b")
    await asyncio.sleep(0.25)
    assert b.program.got == []


def test_terminals_without_emulation_are_left_alone() -> None:
    """What they do not know they would show."""
    assert outer_modes("linux") == ("", "")
    begin, end = outer_modes("xterm-256color")
    assert "\x1b[>5u" in begin
    assert "\x1b[<1u" in end


async def test_a_key_waits_for_nothing() -> None:
    """What is written into the pipe is the program's after a few turns of the loop, without any timer."""
    async with bench() as b:
        for _ in range(100):
            b.program.got.clear()
            b.pipe.send_bytes(b"a")
            turns = 0
            while not b.program.got:
                await asyncio.sleep(0)
                turns += 1
            assert turns <= MOST_TURNS
