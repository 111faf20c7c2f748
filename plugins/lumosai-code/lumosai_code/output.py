"""What a program prints, as far as anybody will read it."""

from __future__ import annotations

MOST_KEPT = 50_000
MOST_WRITTEN = 5_000_000


class TooMuchOutput(BaseException):
    """The program prints without end. No Exception: a program's own ``except Exception`` must not stop it."""

    __module__ = "builtins"


class Output:
    """Takes the place of standard output and error."""

    encoding = "utf-8"
    errors = "strict"
    closed = False

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._kept = 0
        self._written = 0

    def write(self, text: str) -> int:
        """Keep *text* as far as there is room. Raises TooMuchOutput when there is no end of it."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._written += len(text)
        if self._kept < MOST_KEPT:
            part = text[: MOST_KEPT - self._kept]
            self._parts.append(part)
            self._kept += len(part)
        if self._written > MOST_WRITTEN:
            raise TooMuchOutput(f"the program printed more than {MOST_WRITTEN} characters")
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Do nothing: there is nobody further on."""

    def isatty(self) -> bool:
        """Tell that nobody is watching."""
        return False

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def text(self) -> str:
        """Return what was kept, and how much was not."""
        left_out = self._written - self._kept
        kept = "".join(self._parts).encode("utf-8", "replace").decode()
        return kept + (f"\n… {left_out} more characters" if left_out else "")


def shortened(text: str, most: int) -> str:
    """Return *text*, its end cut off if it is longer than *most* characters."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"
