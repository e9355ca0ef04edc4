"""Who has the keys among the parts of a view; a view that was closed meanwhile takes them from nobody."""

from prompt_toolkit.application import get_app
from prompt_toolkit.layout import AnyContainer, Window, to_container


def shown(container: AnyContainer) -> bool:
    """Whether a view is open: what was fetched for a closed one is for nobody."""
    wanted = to_container(container)
    return any(part is wanted for part in get_app().layout.walk())


def has_keys(container: AnyContainer) -> bool:
    """Whether a part of a view has the keys; False while a dialog is open over it."""
    return get_app().layout.has_focus(container)


def give_keys(window: Window) -> None:
    """Give the keys to a part of an open view."""
    if shown(window):
        get_app().layout.focus(window)
