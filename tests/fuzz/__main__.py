"""`python -m tests.fuzz TARGET --seconds 60`: fuzzing guided by coverage, a line of figures for each target.

Each target runs in a process of its own, because libFuzzer ends its process; inputs that reach new lines are
kept in build/fuzz/<target>/corpus, and what failed in build/fuzz/<target>/failed. A failure that is mended
goes to tests/fuzz/kept/<target>.
"""

import argparse
import importlib
import importlib.util
import random
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.fuzz.mutation import other_value

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "fuzz"
MISSING = "atheris is not installed; `pip install 'constellagent[fuzz]'` brings it (Linux and macOS)"
_DONE = re.compile(r"#(\d+)\s+\w+\s+cov: (\d+) ft: \d+ corp: (\d+)")


def installed() -> bool:
    """Whether atheris is there."""
    return importlib.util.find_spec("atheris") is not None


def main() -> int:
    """Fuzz what is asked for; the exit status is 1 where something failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", help="all where none is named")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if not installed():
        sys.stderr.write(f"{MISSING}\n")
        return 69
    if chosen.inside:
        inside(chosen.target[0], chosen.seconds)
    named = chosen.target or importlib.import_module("tests.fuzz.target").names()
    print(f"{'target':<12} {'inputs':>9} {'edges':>6} {'corpus':>6} {'seconds':>7}  result", flush=True)
    failures = [name for name in named if not fuzz(name, chosen.seconds)]
    return 1 if failures else 0


def fuzz(name: str, seconds: int) -> bool:
    """Fuzz one target in a process of its own and print its figures; returns whether nothing failed."""
    began = time.monotonic()
    words = [sys.executable, "-m", "tests.fuzz", name, "--seconds", str(seconds), "--inside"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
    told = done.stderr.decode(errors="replace")
    figures = _DONE.findall(told)
    inputs, edges, corpus = figures[-1] if figures else ("0", "0", "0")
    took = time.monotonic() - began
    result = "ok" if done.returncode == 0 else f"failed with status {done.returncode}"
    print(f"{name:<12} {inputs:>9} {edges:>6} {corpus:>6} {took:>7.0f}  {result}", flush=True)
    if done.returncode:
        log = BUILD / name / "failed.log"
        log.write_bytes(done.stdout + done.stderr)
        print(f"  {log}", flush=True)
    return done.returncode == 0


def inside(name: str, seconds: int) -> None:
    """Fuzz one target in this process, which ends with it."""
    atheris = importlib.import_module("atheris")
    guides = _guides(name)
    with atheris.instrument_imports(include=guides, enable_loader_override=False):
        target = importlib.import_module("tests.fuzz.target").load(name)
    folder = BUILD / name
    for place in ("corpus", "failed", "seeds"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (folder / "seeds" / f"{number:04}").write_bytes(seed[: target.longest])
    words = folder / "words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={target.longest}",
        f"-dict={words}",
        f"-artifact_prefix={folder / 'failed'}/",
        "-timeout=20",
        "-rss_limit_mb=1024",
        "-print_final_stats=1",
    ]

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.5:
            return other_value(data, chance)[:most]
        return bytes(atheris.Mutate(data, most))

    atheris.Setup(
        [name, *options, str(folder / "corpus"), str(folder / "seeds")], target.check, custom_mutator=mutate
    )
    atheris.Fuzz()


def _guides(name: str) -> list[str]:
    """Return the packages to watch, read from the target's text: it must not be imported yet."""
    text = (Path(__file__).parent / "targets" / f"{name}.py").read_text(encoding="utf-8")
    found = re.search(r"guides=\(([^)]*)\)", text)
    more = re.findall(r'"([\w.]+)"', found[1]) if found else []
    return more or ["constellagent"]


def _escaped(word: bytes) -> str:
    return "".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else f"\\x{c:02x}" for c in word)


if __name__ == "__main__":
    sys.exit(main())
