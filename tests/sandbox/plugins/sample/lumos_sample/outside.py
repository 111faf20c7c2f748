"""A tool that reaches for what only an operating system has. Its module does too, while there is one."""

# ruff: noqa: PTH208, T201 - as others write it

from __future__ import annotations

import codecs
import importlib
import importlib.metadata
import importlib.util
import io
import logging
import os
import pathlib
import random
import socket
import sys
import threading
import time
import traceback
import uuid
import warnings
import zoneinfo
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from os import listdir
from random import Random, SystemRandom
from time import monotonic, sleep
from typing import Any

from lumosai_sdk import tool

BUILT_FROM = len(pathlib.Path(__file__).read_text(encoding="utf-8"))


def _fails() -> str:
    try:
        importlib.import_module("lumos_sample.missing")
    except ImportError:
        return traceback.format_exc()
    return ""


def _seeded() -> float:
    random.seed(3)
    return random.random()


def _prints() -> None:
    print("one\ntwo", end="")
    print(" and more")
    print("\ud800 to stderr", file=sys.stderr)
    warnings.warn("a warning", stacklevel=1)
    logging.getLogger("lib").warning("logged")
    print("not ended", end="")


WAYS: dict[str, Callable[[], Any]] = {
    "open": lambda: open("x"),  # noqa: PTH123, SIM115
    "FileIO": lambda: io.FileIO("x"),
    "listdir": lambda: listdir("/"),
    "read_text": lambda: pathlib.Path("x").read_text(),
    "exists": lambda: pathlib.Path("/").exists(),
    "system": lambda: os.kill(1, 9) if hasattr(os, "kill") else os.mkdir("x"),  # noqa: PTH102
    "syntax": lambda: compile("x = = 1", "some.py", "exec"),
    "sleep": lambda: sleep(1),
    "sleep_zero": lambda: time.sleep(0),
    "wait": lambda: threading.Event().wait(1),
    "now": lambda: datetime.now(UTC).timestamp(),
    "today": lambda: date.today().isoformat(),  # noqa: DTZ011
    "local": lambda: datetime.now().year,  # noqa: DTZ005
    "zone": lambda: issubclass(zoneinfo.ZoneInfo, tzinfo),
    "strptime": lambda: datetime.strptime("2026-01-02", "%Y-%m-%d").year,  # noqa: DTZ007
    "asctime": lambda: [time.asctime(), time.ctime(), time.strftime("%Y")] and 1,
    "clocks": lambda: [monotonic(), time.process_time(), time.clock_gettime(0), time.time_ns()] and 1,
    "random": random.random,
    "Random": lambda: Random().random(),
    "Random_of": lambda: Random(3).random(),
    "SystemRandom": lambda: SystemRandom().random(),
    "seeded": _seeded,
    "uuid": lambda: str(uuid.uuid4()),
    "module": lambda: importlib.import_module("numpy"),
    "module_of_python": lambda: importlib.import_module("mailbox"),
    "find_spec": lambda: importlib.util.find_spec("numpy"),
    "version": lambda: importlib.metadata.version("numpy"),
    "codec": lambda: codecs.lookup("cp037"),
    "encode": lambda: "é".encode("cp1252").hex(),
    "socket": lambda: socket.create_connection(("127.0.0.1", 1), timeout=1),
    "input": input,
    "traceback": _fails,
    "print": _prints,
}


@tool
def outside(way: str) -> Any:
    """Do what *way* names and return what comes of it, or the error's class and text."""
    if way == "accident":
        raise ValueError(way)
    try:
        return {"value": WAYS[way]()}
    except BaseException as e:  # noqa: BLE001 - that is what is asked
        return {"error": f"{'.'.join(c.__name__ for c in type(e).__mro__[:-3])}: {e}"}
