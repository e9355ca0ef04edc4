"""The home of typer: builds its command tree from our declarations, for help, completion and mistakes."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

import typer

from constellagent.errors import UsageError
from constellagent.faces.cli.arguments import Parameter, parameters
from constellagent.faces.cli.commands import COMMANDS, GROUPS, Command
from constellagent.faces.cli.declare import Argument, Option, Rest

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

EPILOG = (
    "Anywhere before --: --no-color (or NO_COLOR), --debug (or CONSTELLAGENT_DEBUG=1). "
    "Exit codes: 0 done, 1 failed, 2 changes pending (plan --detailed-exitcode), 3 refused to protect work, "
    "64 wrong usage, 65 bad file, 69 daemon or provider unavailable, 75 busy."
)


def run(words: Sequence[str], rest: list[str] | None = None) -> int:
    """Run a command line through typer; `rest` is what stood after `--` for a command that takes it.

    Raises:
        UsageError: the words are wrong; the message says how.
    """
    tree = build(rest)
    try:
        code = tree(list(words), prog_name="constellagent", standalone_mode=False)
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "constellagent"
        message = error.format_message().rstrip(".").replace("\n", " ")
        raise UsageError(message[:1].lower() + message[1:], hint=f"see `{path} --help`") from error
    return code if isinstance(code, int) else 0


def build(rest: list[str] | None = None, commands: Iterable[Command] = COMMANDS) -> typer.Typer:
    """Return typer's tree of the commands."""
    tree = typer.Typer(
        rich_markup_mode=None,
        context_settings=_SETTINGS,
        pretty_exceptions_enable=False,
        help="Many coding agents at once in true isolation, from one committed file.",
        epilog=EPILOG,
    )
    tree.callback()(_root)
    groups: dict[str, typer.Typer] = {}
    for command in commands:
        home = tree
        if len(command.words) > 1:
            name = command.words[0]
            if name not in groups:
                groups[name] = typer.Typer(
                    rich_markup_mode=None, context_settings=_SETTINGS, help=GROUPS[name]
                )
                tree.add_typer(
                    groups[name], name=name, short_help=GROUPS[name].partition(". ")[0].rstrip(".")
                )
            home = groups[name]
        function = command.load()
        text = inspect.getdoc(function) or ""
        brief = text.partition("\n")[0].partition(". ")[0].rstrip(".")
        home.command(name=command.words[-1], help=_without_raises(text), short_help=brief)(
            _adapt(function, rest)
        )
    return tree


def _without_raises(text: str) -> str:
    """Return a docstring without its section for developers."""
    return text.partition("\nRaises:")[0].rstrip()


def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Show the version and exit.", is_eager=True)
    ] = False,
) -> None:
    """Hold the options of the whole program; `--version` itself is answered before typer loads."""


def _adapt(function: Callable[..., int], rest: list[str] | None) -> Callable[..., int]:
    """Return `function` with our markers turned into typer's, and what followed `--` bound to it."""
    declared = parameters(function)
    bound = {parameter.name: rest for parameter in declared if isinstance(parameter.marker, Rest)}
    shown = [parameter for parameter in declared if parameter.name not in bound]

    def call(**values: Any) -> int:
        return function(**values, **bound)

    call.__name__ = function.__name__
    call.__annotations__ = {parameter.name: _annotation(parameter) for parameter in shown}
    signature = inspect.Signature(
        [
            inspect.Parameter(
                parameter.name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=_annotation(parameter),
                default=inspect.Parameter.empty if parameter.required else parameter.default,
            )
            for parameter in shown
        ]
    )
    vars(call)["__signature__"] = signature  # what inspect.signature looks at first
    return call


def _annotation(parameter: Parameter) -> Any:
    marker = parameter.marker
    if isinstance(marker, Option):
        info = typer.Option(*marker.flags, help=marker.help, metavar=marker.metavar or None)
    else:
        assert isinstance(marker, Argument)
        complete = _agent_names if marker.agents else None
        info = typer.Argument(metavar=marker.metavar, help=marker.help, autocompletion=complete)
    return Annotated[parameter.declared, info]


def _agent_names(incomplete: str) -> list[str]:
    """Return the names that complete `incomplete`, from a daemon that runs; never starts one."""
    from constellagent.errors import ConstellagentError
    from constellagent.faces.blocking import BlockingClient
    from constellagent.faces.cli.place import constellation_file
    from constellagent.runtime.paths import locate

    try:
        with BlockingClient.connect(locate().control_socket) as client:
            views = client.status(constellation_file(None))
    except ConstellagentError:
        return []
    names = [agent["name"] for view in views for agent in (*view["agents"], *view["services"])]
    return [name for name in names if name.startswith(incomplete)]
