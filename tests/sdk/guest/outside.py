"""A program for a process of its own, which becomes the world of a guest: prints what came of it, as JSON."""

# ruff: noqa: PTH208, T201 - as others write it

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from lumosai_sdk.errors import PermissionDeniedError
from lumosai_sdk.guest.world import chance, close, install, lines

REAL = sys.stdout
ASKED: list[list[str]] = []
ANSWERS: dict[str, Any] = {"clock.now": 1_000_000_000.5, "clock.monotonic": 7.25, "log.write": None}


def ask(function: str, *texts: str) -> Any:
    """Stand in for the host."""
    ASKED.append([function, *texts])
    if function == "random.bytes":
        return "AAAA" * (int(texts[0]) // 3) + ("", "AA==", "AAA=")[int(texts[0]) % 3]
    return ANSWERS[function]


def told(do: Callable[[], Any]) -> Any:
    """Return what *do* returns, or the error's class and text."""
    try:
        return do()
    except Exception as e:  # noqa: BLE001 - that is what is asked
        return f"{type(e).__name__}: {e}"


def main() -> None:
    """Try all of it, first while everything is there."""
    install(ask)
    import importlib.util
    import logging
    import os
    import random
    import secrets
    import time
    import traceback
    from os import listdir
    from random import random as draw

    before = [bool(listdir("/")), time.time() > ANSWERS["clock.now"] + 1, len(os.urandom(3)), 0 <= draw() < 1]
    before.append(importlib.util.find_spec("mailbox") is not None)
    asked_before = list(ASKED)
    close()
    out = {
        "before": before,
        "asked_before": asked_before,
        "clocks": [time.time(), time.time_ns(), time.monotonic(), time.perf_counter(), time.clock_gettime(0)],
        "calendar": [time.gmtime()[0], time.localtime()[0], time.strftime("%Y"), time.asctime(), time.ctime()],
        "sleep": told(lambda: time.sleep(0.01)),
        "listdir": told(lambda: listdir("/")),
        "open": told(lambda: open("/etc/hosts")),  # noqa: PTH123, SIM115
        "opened in C": told(lambda: __import__("io").FileIO("/etc/hosts")),
        "answers": [os.path.exists("/"), os.getpid(), os.cpu_count(), os.fspath("x")],  # noqa: PTH110
        "module": told(lambda: __import__("mailbox")),
        "package": told(lambda: __import__("no_such_package.part")),
        "is there": importlib.util.find_spec("mailbox"),
        "codec": told(lambda: "x".encode("cp037")),
        "bytes": [os.urandom(70_000) == bytes(70_000), secrets.token_hex(2), random.SystemRandom().random()],
    }
    at = len(ASKED)
    chance.reseed()
    out["reseeded"] = [ASKED[at:], draw() == random.Random(bytes(32)).random()]
    chance.refuse(PermissionDeniedError("no right"))
    out["refused"] = [told(draw), told(random.seed), told(lambda: random.choice("ab"))]
    random.seed(3)
    out["seeded"] = draw() == random.Random(3).random()
    at = len(ASKED)
    print("a\nb", end="")
    print("c\n\ud800")
    print("x" * 9000, end="", file=sys.stderr)
    print("not ended", end="")
    logging.getLogger("lib").debug("d")
    lines.flush()
    out["lines"] = ASKED[at:]
    try:
        json.loads("{")
    except ValueError:
        out["traceback"] = traceback.format_exc()
    REAL.write(json.dumps(out))


main()
