"""Any command: exec'd as it is declared. Its prompt comes to it in `CONSTELLAGENT_PROMPT`."""

from constellagent.spec.models import Agent


def argv(spec: Agent, prompt: str | None, headless: bool) -> tuple[str, ...]:
    """Return the declared words, or the shell with the declared line."""
    del prompt, headless  # a command of unknown grammar gets no words that it did not ask for
    return declared(spec, ())


def declared(spec: Agent, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command that the file declares, in whichever form, or `otherwise` where it declares none."""
    if spec.shell is not None:
        return ("/bin/sh", "-c", spec.shell)
    return spec.command or otherwise
