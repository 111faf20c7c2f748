"""What an agent that remembers must do in every framework, so that all are measured on the same work.

A conversation has `CONVERSATION` runs; each is shown what was said before in it, as the framework keeps it. A sheet
about the person lies in the framework's store (or what stands for one), is read for every run and shown to the model.
One processor sees the input, another the answer. The model looks at what it is shown and refuses to answer for less.
Standard library only.
"""

from __future__ import annotations

from typing import Final

CONVERSATION: Final = 10
PERSON: Final = "ada"
SHEET: Final = "# About the person\n- Name: Ada\n- Likes: short answers\n- Works on: engines\n"
UPDATE_NAME: Final = "update_memory"
UPDATE_DESCRIPTION: Final = "Replace what you know about the person."


class Conversations:
    """Names the thread of each run, and knows what is said in it before."""

    def __init__(self) -> None:
        self.runs = -1
        self.inputs = 0
        self.outputs = 0

    def begin(self) -> str:
        """Begin a run; return the id of its thread."""
        self.runs += 1
        return f"thread-{self.runs // CONVERSATION}"

    def check(self, questions: int, *, sheet: bool) -> None:
        """Look at what a model is shown.

        Raises:
            ValueError: when it is not all questions of the conversation, this one too, and the sheet.
        """
        due = self.runs % CONVERSATION + 1
        if questions != due or not sheet:
            raise ValueError(f"the model was shown {questions} questions of {due}, the sheet: {sheet}")

    def settle(self) -> None:
        """Look at what the processors saw of a run.

        Raises:
            ValueError: when one of them was not asked.
        """
        if self.inputs < 1 or self.outputs < 1:
            raise ValueError("a processor was passed over")
        self.inputs = self.outputs = 0

    def incoming(self, text: str) -> str:
        """Process an input."""
        self.inputs += 1
        return text.strip()

    def outgoing(self, text: str) -> str:
        """Process an answer."""
        self.outputs += 1
        return text.strip()
