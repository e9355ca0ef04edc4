"""Nothing that the public SDK offers is left out."""

import re
from importlib import import_module, metadata
from pathlib import Path

from tests.ravi.local.sdk_tour import CLAIMED, surface

_DEFINED = re.compile(r"^    def ([a-z]\w*)\(\s*self\b", re.MULTILINE)

LEFT_OUT: dict[str, str] = {}
"""Methods that no test uses, and why not."""

PARTS = ("account", "events", "mail", "texts", "vault")
"""The modules `test_sdk_…` whose tests say what they use."""


def test_every_public_method_is_used() -> None:
    """Each public function, method and property is used by a test of ours, or left out for a reason."""
    for part in PARTS:
        import_module(f"tests.ravi.local.test_sdk_{part}")
    assert CLAIMED | LEFT_OUT.keys() == surface().keys()
    assert not CLAIMED & LEFT_OUT.keys()


def test_the_surface_is_found() -> None:
    """What is found holds each method that the source of the SDK defines in public."""
    assert metadata.version("ravi-sdk") == "0.3.0"
    (root,) = {Path(code.co_filename).parent for name, code in surface().items() if name == "Ravi.close"}
    defined = {
        name
        for file in (*root.glob("*.py"), *root.glob("resources/*.py"), *root.glob("models/*.py"))
        for name in _DEFINED.findall(file.read_text(encoding="utf-8"))
    }
    assert defined == {name.rpartition(".")[2] for name in surface() if "." in name}
    assert len(surface()) > 60
