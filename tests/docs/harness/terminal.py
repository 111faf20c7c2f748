"""A terminal with somebody at it, for commands that ask: what they print is seen, and answered."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_ASKED = re.compile(r"^.*\? \[[yY]/[nN]\] (?=\w+$)")
_CONTROL = re.compile(r"\x1b\[(?P<number>\d*)(?P<what>[A-Za-z])|\x1b\[\?\d+[hl]|\x1b.|(?P<plain>[\s\S])")
React = Callable[[str], bytes]


def answers(shown: Sequence[str]) -> list[tuple[str, str]]:
    """Return the questions of a page's output, and what is shown to be answered: ``install it? [y/N] y``."""
    return [(m[0], line.removeprefix(m[0])) for line in shown if (m := _ASKED.match(line))]


def answering(questions: Sequence[tuple[str, str]]) -> React:
    """Return somebody who answers each question once, in their order."""
    left = list(questions)

    def react(seen: str) -> bytes:
        if left and seen.endswith(left[0][0].rstrip()):
            return f"{left.pop(0)[1]}\r".encode()
        return b""

    return react


def run(command: str, folder: Path, variables: Mapping[str, str], react: React, seconds: float) -> tuple[int, str]:
    """Run *command* at a terminal; *react* is given what is on it whenever that changes. Return exit code and text."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["bash", "-c", command], cwd=folder, env=variables, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    try:
        printed = _follow(ours, react, time.monotonic() + seconds)
        return process.wait(5), on_screen(printed).strip("\n") + "\n"
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _follow(terminal: int, react: React, deadline: float) -> str:
    data = b""
    while select.select([terminal], [], [], max(deadline - time.monotonic(), 0))[0]:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # the last who had it open is gone
            break
        data += more
        if typed := react(on_screen(data.decode(errors="replace")).rstrip()):
            os.write(terminal, typed)
    return data.decode(errors="replace")


def on_screen(printed: str) -> str:
    """Return what a person sees of *printed*: within a line the cursor goes back, and things are written over."""
    lines, at = [""], 0
    for match in _CONTROL.finditer(printed.replace("\r\n", "\n")):
        line, plain, number = lines[-1], match["plain"], int(match["number"] or 1)
        if plain == "\n":
            lines.append("")
            at = 0
        elif plain == "\r":
            at = 0
        elif plain is not None:
            lines[-1] = f"{line[:at]:<{at}}{plain}{line[at + 1 :]}"
            at += 1
        elif match["what"] in {"C", "D"}:
            at = max(0, at + (number if match["what"] == "C" else -number))
        elif match["what"] in {"J", "K"}:
            lines[-1] = line[:at]
    return "\n".join(lines)
