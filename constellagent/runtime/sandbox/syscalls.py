"""What no program in a sandbox may ask of the kernel, as a filter in the form that bubblewrap takes.

No namespace hides the kernel's keyrings: a process keeps those of who started it, and finds in them what the
person's programs have put there, such as tickets. Whoever asks for a key is told that it may not.
"""

import os
import sys

_X86_64 = (0xC000003E, (248, 249, 250))
_I386 = (0x40000003, (286, 287, 288))
_ARM64 = (0xC00000B7, (217, 218, 219))
_ARM = (0x40000028, (309, 310, 311))
_RISCV64 = (0xC00000F3, (217, 218, 219))
"""How a kind of program calls the kernel: its `AUDIT_ARCH`, and its `add_key`, `request_key` and `keyctl`."""
_MACHINES = {"x86_64": (_X86_64, _I386), "aarch64": (_ARM64, _ARM), "riscv64": (_RISCV64,)}
"""The kinds of programs that a kernel runs."""

_LOAD, _EQUAL, _AND, _RETURN = 0x20, 0x15, 0x54, 0x06
_NUMBER_AT, _ARCH_AT = 0, 4
_NOT_X32 = 0xBFFFFFFF
"""Takes the mark of x32 from a number: those programs have the calls of x86-64."""
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1
"""The last says `EPERM`."""


def refusing() -> bytes:
    """Return the filter for this machine; empty for one whose numbers we do not know."""
    machines = _MACHINES.get(os.uname().machine, ()) if sys.platform.startswith("linux") else ()
    steps = b"".join(_steps(arch, calls) for arch, calls in machines)
    return steps + _step(_RETURN, _ALLOW) if steps else b""


def _steps(arch: int, calls: "tuple[int, ...]") -> bytes:
    """Return the steps for one kind of program; those for the next follow."""
    steps = [_step(_LOAD, _ARCH_AT), _step(_EQUAL, arch, 0, len(calls) + 4)]
    steps += [_step(_LOAD, _NUMBER_AT), _step(_AND, _NOT_X32)]
    steps += [_step(_EQUAL, call, len(calls) - at, 0) for at, call in enumerate(calls)]
    return b"".join([*steps, _step(_RETURN, _ALLOW), _step(_RETURN, _REFUSE)])


def _step(code: int, value: int, met: int = 0, unmet: int = 0) -> bytes:
    """Return one instruction: what it does, with what, and how many to skip where it is met or not."""
    order = sys.byteorder
    return code.to_bytes(2, order) + bytes((met, unmet)) + value.to_bytes(4, order)
