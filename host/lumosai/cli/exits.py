"""Exit codes. Every command documents those it has."""

from __future__ import annotations

from typing import Final

OK: Final = 0
FAILURE: Final = 1
USAGE: Final = 2
SUSPENDED: Final = 3
DENIED: Final = 4
LIMIT: Final = 5
CRASHED: Final = 6
REFUSED: Final = 7
INTERRUPTED: Final = 130
TERMINATED: Final = 143

MEANINGS: Final = {
    OK: "done",
    FAILURE: "it failed; standard error says why",
    USAGE: "the command line is wrong",
    SUSPENDED: "the run is suspended and waits for a person",
    DENIED: "the code asked for a right it was not given",
    LIMIT: "the code went past a limit: time, memory, size or count",
    CRASHED: "the code crashed, or cannot run here",
    REFUSED: "it was refused; the rule that refused, and what would allow it, are told",
    INTERRUPTED: "stopped by Ctrl-C",
}
