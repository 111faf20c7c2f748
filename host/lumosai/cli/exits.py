"""Exit codes. Every command documents those it has."""

from __future__ import annotations

from typing import Final

OK: Final = 0
FAILURE: Final = 1
USAGE: Final = 2
SUSPENDED: Final = 3
INTERRUPTED: Final = 130
TERMINATED: Final = 143

MEANINGS: Final = {
    OK: "done",
    FAILURE: "it failed; standard error says why",
    USAGE: "the command line is wrong",
    SUSPENDED: "the run is suspended and waits for a person",
    INTERRUPTED: "stopped by Ctrl-C",
}
