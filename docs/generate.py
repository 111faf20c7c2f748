"""Write docs/reference/ from the code: ``python docs/generate.py``; with ``--check`` only tell what is stale."""

from __future__ import annotations

import argparse
import difflib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent / "reference"
GENERATORS = (
    "cli",
    "client",
    "config",
    "errors",
    "events",
    "hooks",
    "host",
    "http",
    "lock",
    "manifest",
    "marketplace_http",
    "marketplace_settings",
    "permissions",
    "plugins",
    "refusals",
    "sdk",
    "trust_policy",
    "websocket",
    "wit",
)
BY_HAND = frozenset({"index.md", "released"})


def generated() -> dict[str, str]:
    """Return every generated file's text by name."""
    out: dict[str, str] = {}
    for name in GENERATORS:
        out.update(importlib.import_module(f"generators.{name}").pages())
    return out


def differences(files: dict[str, str]) -> Iterator[str]:
    """Yield a diff for each file that is not what the code says, or that nothing makes any more."""
    for name, text in sorted(files.items()):
        path = FOLDER / name
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        if old != text:
            diff = difflib.unified_diff(
                old.splitlines(), text.splitlines(), f"docs/reference/{name}", "what the code says", lineterm=""
            )
            yield "\n".join(diff)
    for path in sorted(FOLDER.iterdir()):
        if path.name not in files and path.name not in BY_HAND:
            yield f"docs/reference/{path.name}: nothing makes this file; delete it"


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or check them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale, with a diff")
    options = parser.parse_args(arguments)
    files = generated()
    stale = list(differences(files))
    if options.check:
        if stale:
            print(*stale, "\nthe reference is stale; run: python docs/generate.py", sep="\n")
        return 1 if stale else 0
    for name, text in files.items():
        (FOLDER / name).write_text(text, encoding="utf-8", newline="\n")
    print(f"docs/reference: {len(files)} files, {len(stale)} changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
