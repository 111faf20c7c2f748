"""`python bench/marketplace/squat.py`: a new name against 100,000: milliseconds, and how many imitations are found."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

sys.path[0] = str(Path(__file__).resolve().parents[2])

from bench import environment  # noqa: E402

from lumosai_marketplace.names import Name  # noqa: E402
from lumosai_marketplace.wheels.squat import Known, near  # noqa: E402

PARTS = """wea ther file map note calc json csv git mail chat web sea rch pdf img data base sql log time zone bot news
kit lab hub cloud stock trade paint music photo video graph query spell quote trans late sum mary form
test""".split()  # noqa: SIM905 - a list of ninety lines says no more
TARGET = 40
SAMPLE = 100


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--names", type=int, default=100_000)
    options = arguments.parse_args()
    rng = random.Random(4)
    names = sorted(_names(rng, options.names))
    began = time.perf_counter()
    known = Known(names)
    print(", ".join(f"{k} {v}" for k, v in environment.describe().items() if k in {"python", "cpu", "cores", "load"}))
    print(f"{len(known):,} names made ready in {time.perf_counter() - began:.2f} s")
    times, found, tried = [], 0, 0
    for victim in rng.sample(names, SAMPLE):
        name = Name.parse(victim)
        imitation = rng.choice([i for i in imitations(rng, name) if i.namespace != name.namespace])
        began = time.perf_counter()
        told = near(imitation, known)
        times.append(1000 * (time.perf_counter() - began))
        tried, found = tried + 1, found + (victim in {n.name for n in told})
        if victim not in {n.name for n in told}:
            print(f"  missed: {imitation.wire} for {victim}")
    times.sort()
    print(f"near: p50 {median(times):.1f} ms, p95 {times[int(0.95 * len(times))]:.1f} ms; target {TARGET} ms")
    print(f"recall: {found}/{tried}")
    loud = [sum(n.reason != "plugin" for n in near(_fresh(rng), known)) for _ in range(SAMPLE)]
    print(f"honest new names near to none: {loud.count(0)}/{len(loud)}")


def _word(rng: random.Random, least: int = 1) -> str:
    return "".join(rng.choice(PARTS) for _ in range(rng.randint(least, 3)))


def _names(rng: random.Random, count: int) -> set[str]:
    out: set[str] = set()
    while len(out) < count:
        out.add(f"{_word(rng, 2)[:30]}-{_word(rng)}"[:60])
    return out


def _fresh(rng: random.Random) -> Name:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return Name("".join(rng.choices(letters, k=9)), _word(rng, 2))


def imitations(rng: random.Random, name: Name) -> Iterator[Name]:
    """Yield what a squatter would register, each in a namespace of his own."""
    text, at = name.namespace, rng.randrange(1, len(name.namespace) - 1)
    yield Name(text[:at] + text[at + 1 :], name.plugin)  # a letter left out
    yield Name(text[:at] + text[at] + text[at:], name.plugin)  # twice
    yield Name(text[:at] + rng.choice("aeiou") + text[at + 1 :], name.plugin)  # another
    yield Name(text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :], name.plugin)  # two in the wrong order
    for one, other in (("m", "rn"), ("l", "1"), ("o", "0"), ("w", "vv"), ("s", "5")):
        yield Name(text[0] + text[1:].replace(one, other), name.plugin)
    for more in ("hq", "official", "inc", "ai"):
        yield Name((text + more)[:39], name.plugin)
        yield Name((text + more)[:39], f"{name.plugin}-{more}")
    yield Name(text + name.plugin[:1], name.plugin[1:] or "x")  # the separator elsewhere
    yield Name(text[:-1], text[-1] + name.plugin)
    yield Name("lumos", f"{text}-{name.plugin}")
    yield Name("official", f"{text}-{name.plugin}")
    first = name.plugin.partition("-")[0]
    yield Name(first[:39], f"{text}{name.plugin.removeprefix(first)}")  # words in another order


if __name__ == "__main__":
    main()
