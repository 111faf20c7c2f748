"""What commands of plugins print: whatever others wrote in it, the terminal is not commanded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lumosai_sdk.safe import say, say_json

if TYPE_CHECKING:
    import pytest

HOSTILE = "a\x1b]52;c;cm0=\x07\u202eb\x9b2J\r\nné\tx"


def test_what_is_said_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say(HOSTILE)
    assert capsys.readouterr().out == "a\u241b]52;c;cm0=\u2407\ufffdb\ufffd2J\nné\tx\n"


def test_json_means_the_same_and_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"k": HOSTILE})
    out = capsys.readouterr().out
    assert json.loads(out) == {"k": HOSTILE}
    assert "né" in out
    assert not set(out) & set("\x1b\x07\u202e\x9b\r\t")
