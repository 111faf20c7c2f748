"""A conversation at a terminal: an editable prompt with history, answers as Markdown while they are written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document  # noqa: TC002 - as TC001
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from lumosai.cli.asking import Person, read_terminal
from lumosai.cli.chatting.conversation import COMMANDS
from lumosai.cli.chatting.markdown import MarkdownStream
from lumosai.cli.transcript import View, remark_on
from lumosai_sdk import safe
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.runs import Decision, Pending

_FRAMES = 12
_MARK = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "


class Terminal:
    """A Surface with a person in front of it."""

    def __init__(self, history: Path) -> None:
        self._console = Console(highlight=False, no_color=bool(os.environ.get("NO_COLOR")) or None)
        self._session: PromptSession[str] = PromptSession(
            history=_history(history), completer=_Commands(), complete_while_typing=True
        )
        self._person = Person(self._ask)
        self._answer: Answer | None = None

    async def read(self) -> str | None:
        while True:
            try:
                return await self._session.prompt_async(_prompt(), handle_sigint=False)
            except KeyboardInterrupt:
                continue
            except EOFError:
                return None

    @contextmanager
    def answering(self) -> Iterator[View]:
        answer = self._answer = Answer(self._console)
        answer.show()
        try:
            yield answer
        finally:
            answer.hide()
            self._answer = None
            self._console.print()

    async def decide(self, pending: Pending) -> Decision | None:
        return await self._person.decide(pending)

    async def _ask(self, prompt: str) -> str | None:
        answer = self._answer
        if answer is not None:
            answer.hide()
        try:
            return await read_terminal(prompt)
        finally:
            if answer is not None:
                answer.show()

    def note(self, text: str) -> None:
        for line in safe.lines(text).splitlines():
            self._console.print(Text(line, style="dim"), soft_wrap=True)
        self._console.print()

    def clear(self) -> None:
        self._console.clear()


class Answer:
    """A View: a spinner until there is something to read, then the Markdown as it grows, tool calls above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._markdown = MarkdownStream(console)
        self._spinner = Spinner("dots", style="dim")
        self._live: Live | None = None
        self._text = ""

    def show(self) -> None:
        """Begin to redraw the part that changes."""
        self._live = Live(
            console=self._console, get_renderable=self._changing, transient=True, refresh_per_second=_FRAMES
        )
        self._live.start()

    def hide(self) -> None:
        """Print what is unfinished as it is and stop redrawing."""
        if self._live is None:
            return
        self._live.stop()
        self._live = None
        self._markdown.finish()

    def _changing(self) -> RenderableType:
        tail = self._markdown.tail()
        return self._spinner if tail == "" else tail

    def event(self, event: ev.Event) -> None:
        """Show what happened."""
        if isinstance(event, ev.ModelDelta):
            self._text += event.text
            self._markdown.feed(event.text)
        elif isinstance(event, ev.RunCompleted):
            self._whole(event.text)
        elif remark := remark_on(event):
            self._text = ""
            self._markdown.finish()
            self._console.print(Text.from_ansi(remark), soft_wrap=True)

    def _whole(self, text: str) -> None:
        """Show the answer, unless it is what was just streamed: a processor may have changed it."""
        if not self._text.endswith(text) or not self._text:
            self._markdown.finish()
            self._markdown.feed(text)


class _Commands(Completer):
    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002 - the library's call
        text = document.text_before_cursor
        if text.startswith("/") and " " not in text:
            for name, what in COMMANDS.items():
                if name.startswith(text):
                    yield Completion(name, -len(text), display_meta=what)


def _prompt() -> FormattedText:
    return FormattedText([("" if os.environ.get("NO_COLOR") else "ansicyan bold", _MARK)])


def _history(path: Path) -> History:
    """Return a history that only its owner may read, or one in memory where none can be kept."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
        return FileHistory(str(path))
    return InMemoryHistory()
