# ruff: noqa: PLR2004
from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
from rich.console import Console

from lumosai.cli.chatting.markdown import MarkdownStream

pytestmark = pytest.mark.usefixtures("scripted", "measured")
Cli = Callable[..., Any]
Say = Callable[..., Any]


# --- line by line


@pytest.fixture
def say(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Say:
    def run(*said: str, words: tuple[str, ...] = ()) -> Any:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in said)))
        return cli("chat", *words)

    return run


def test_a_line_in_an_answer_out(say: Say) -> None:
    done = say("hello", "", "  again  ")
    assert (done.code, done.out) == (0, "You said: hello\nYou said: again\n")


def test_the_conversation_is_one_thread(say: Say, cli: Cli) -> None:
    say("one", "two", words=("--thread", "t1"))
    messages = cli("threads", "t1", "--json").json["messages"]
    assert [m["content"] for m in messages if m["role"] == "user"] == ["one", "two"]


def test_commands(say: Say) -> None:
    done = say("/help", "/tools", "/agent", "/agent careful", "/tools", "/agent nobody", "/nonsense")
    assert done.out == ""
    assert "/thread" in done.err
    assert "calculator.evaluate: " in done.err
    assert "assistant; there are: assistant, careful, curious" in done.err
    assert "careful answers now" in done.err
    assert "calculator.evaluate (needs leave): " in done.err
    assert "no agent 'nobody'" in done.err
    assert "there is no /nonsense; /help shows what there is" in done.err


def test_a_new_conversation(say: Say, cli: Cli) -> None:
    done = say("one", "/clear", "two", "/thread mine", "three", "/thread")
    assert "the conversation is mine" in done.err
    assert len(cli("threads", "-q").out.split()) == 3


@pytest.mark.parametrize("word", ["/exit", "/quit"])
def test_leaving(say: Say, word: str) -> None:
    assert say("one", word, "two").out == "You said: one\n"


def test_leave_is_asked_for_on_the_same_input(say: Say) -> None:
    done = say("six times seven", "y", "six times seven", "n", words=("careful",))
    assert done.out.startswith("It is 42.\n")
    assert "the person declined this call" in done.out
    assert '? calculator.evaluate {"expression": "6 * 7"}' in done.err


def test_questions_are_answered_on_the_same_input(say: Say) -> None:
    assert say("who am i", "Ada", words=("curious",)).out == "It is Ada.\n"


def test_input_that_ends_at_a_question_leaves_the_run_suspended(say: Say) -> None:
    done = say("six times seven", words=("careful",))
    assert done.code == 0
    assert "lumos runs resume run_" in done.err


def test_a_failure_does_not_end_the_chat(say: Say) -> None:
    done = say("fail", "hello")
    assert (done.code, done.out) == (0, "You said: hello\n")
    assert "the key is refused" in done.err


def test_an_unknown_agent(say: Say) -> None:
    done = say(words=("nobody",))
    assert done.code == 1
    assert "no agent 'nobody'" in done.err


# --- at a terminal

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


class Terminal:
    def __init__(self, *words: str) -> None:
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "lumosai", *words],
            dimensions=(40, 80),
            timeout=30,
            encoding="utf-8",
            env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
        )

    def expect(self, text: str) -> str:
        self.child.expect(text)
        return ANSI.sub("", str(self.child.before))

    def prompt(self) -> str:
        return self.expect("\u203a ")

    def send(self, text: str) -> None:
        self.child.send(f"{text}\r")

    def end(self) -> int:
        self.child.expect(pexpect.EOF)
        self.child.close()
        assert self.child.exitstatus is not None
        return self.child.exitstatus


@pytest.fixture
def chat() -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def start(*words: str) -> Terminal:
        opened.append(Terminal("chat", *words))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.child.close(force=True)


def test_talking_at_a_terminal(chat: Callable[..., Terminal], cli: Cli) -> None:
    terminal = chat()
    assert "assistant on scripted/script" in terminal.prompt()
    terminal.send("six times seven")
    terminal.expect("→")
    terminal.expect("It is 42")
    terminal.prompt()
    terminal.child.send("\x04")
    terminal.expect("lumos chat assistant --thread thread_")
    assert terminal.end() == 0
    assert len(cli("threads", "-q").out.split()) == 1


def test_leave_at_a_terminal(chat: Callable[..., Terminal]) -> None:
    terminal = chat("careful")
    terminal.prompt()
    terminal.send("six times seven")
    terminal.expect("allow it")
    terminal.send("y")
    terminal.expect("It is 42")
    terminal.prompt()
    terminal.send("/exit")
    assert terminal.end() == 0


def test_ctrl_c_stops_the_answer_and_not_the_chat(chat: Callable[..., Terminal], cli: Cli) -> None:
    terminal = chat()
    terminal.prompt()
    terminal.send("slow")
    while not cli("runs", "--status", "running", "-q").out:
        pass
    terminal.child.sendintr()
    terminal.expect("stopped")
    terminal.prompt()
    terminal.send("hello")
    terminal.expect("You said: hello")
    terminal.child.send("\x04")
    assert terminal.end() == 0
    assert [r["status"] for r in cli("runs", "--json").json] == ["completed", "cancelled"]


def test_ctrl_c_at_a_question_stops_the_answer(chat: Callable[..., Terminal], cli: Cli) -> None:
    terminal = chat("careful")
    terminal.prompt()
    terminal.send("six times seven")
    terminal.expect("allow it")
    terminal.child.send("\x03")
    terminal.expect("stopped")
    terminal.prompt()
    terminal.child.send("\x04")
    assert terminal.end() == 0
    assert cli("runs", "--json").json[0]["status"] == "cancelled"


def test_model_output_cannot_drive_the_terminal(chat: Callable[..., Terminal]) -> None:
    terminal = chat()
    terminal.prompt()
    terminal.send("escape")
    terminal.expect("done")
    raw = str(terminal.child.before)
    assert "\x1b]0;" not in raw
    assert "\x1b[31mred" not in raw
    assert "\x9b" not in raw
    terminal.child.send("\x04")


def test_the_history_is_the_owners_alone(chat: Callable[..., Terminal], folder: Path) -> None:
    terminal = chat()
    terminal.prompt()
    terminal.send("a secret thought")
    terminal.expect("You said")
    terminal.prompt()
    terminal.child.send("\x04")
    terminal.end()
    history = folder / ".lumos" / "chat-history"
    assert "a secret thought" in history.read_text()
    assert history.stat().st_mode & 0o777 == 0o600


def test_run_asks_at_a_terminal() -> None:
    terminal = Terminal("run", "careful", "six times seven")
    terminal.expect("allow it")
    terminal.send("n")
    terminal.expect("declined this call")
    assert terminal.end() == 0


def test_ctrl_c_at_runs_question_interrupts(cli: Cli) -> None:
    terminal = Terminal("run", "careful", "six times seven")
    terminal.expect("allow it")
    terminal.child.send("\x03")
    assert terminal.end() == 130
    assert cli("runs", "--json").json[0]["status"] == "cancelled"


def test_ctrl_d_at_runs_question_suspends() -> None:
    terminal = Terminal("run", "careful", "six times seven")
    terminal.expect("allow it")
    terminal.child.send("\x04")
    terminal.expect("lumos runs resume")
    assert terminal.end() == 3


def test_a_terminated_run_is_recorded_as_cancelled(cli: Cli) -> None:
    going = subprocess.Popen(
        [sys.executable, "-m", "lumosai", "chat"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert going.stdin is not None
    going.stdin.write("slow\n")
    going.stdin.flush()
    while not cli("runs", "--status", "running", "-q").out:
        pass
    going.send_signal(signal.SIGTERM)
    _, err = going.communicate(timeout=30)
    assert going.returncode == 143
    assert "Traceback" not in err
    assert cli("runs", "--json").json[0]["status"] == "cancelled"


# --- Markdown as it is written


def stream(*pieces: str) -> str:
    console = Console(file=io.StringIO(), width=60, height=20)
    markdown = MarkdownStream(console)
    for piece in pieces:
        markdown.feed(piece)
        markdown.tail()
    markdown.finish()
    text = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines())


TEXT = """# Title

A paragraph with **bold** text
over several lines.

- one
- two

```python
def f():

    return 1
```

| a | b |
|---|---|
| 1 | 2 |

1. first

2. second

The end."""


def test_blocks_are_printed_once_each() -> None:
    shown = stream(*(TEXT[i : i + 3] for i in range(0, len(TEXT), 3)))
    for word in ("Title", "bold", "one", "• two", "return 1", "first", "second", "The end."):
        assert shown.count(word) == 1, word
    assert " 2 second" in shown


@pytest.mark.parametrize("size", [1, 2, 7, 50, 1000])
def test_the_size_of_the_pieces_does_not_matter(size: int) -> None:
    assert stream(*(TEXT[i : i + size] for i in range(0, len(TEXT), size))) == stream(TEXT + "\n")


def test_an_open_code_block_is_not_torn_apart() -> None:
    shown = stream("```\n", "a\n\n", "b\n\n", "```")
    assert "a" in shown
    assert "```" not in shown


def test_links_show_where_they_lead() -> None:
    assert "http://evil.example/" in stream("[your bank](http://evil.example/)")


def test_the_unfinished_part_is_no_taller_than_the_terminal() -> None:
    console = Console(file=io.StringIO(), width=40, height=12)
    markdown = MarkdownStream(console)
    markdown.feed("\n".join(f"- item {i}" for i in range(200)))
    lines = console.render_lines(markdown.tail())
    assert len(lines) <= 12
    assert "item 199" in "".join(s.text for s in lines[-1])


def test_nothing_is_shown_of_nothing() -> None:
    assert stream("", "\n\n", "") == ""
