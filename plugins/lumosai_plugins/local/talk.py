"""Small talk: what people say when they want no tool, and how to answer it.

The sayings weigh against calling a tool. The answers are examples for SmolLM2's prompt: shown the one that is
nearest to what was said, and given its first words to begin with where it is very near, the model stays with the
matter; shown none, or all of them, it rambles.
"""

from __future__ import annotations

from dataclasses import dataclass

NEAR = 0.4
"""How similar a saying must be to what was said for its answer to be shown."""

VERY_NEAR = 0.55
"""How similar for the model's answer to begin with its first words."""

_WORDS = 3


@dataclass(frozen=True, slots=True)
class Example:
    """An exchange, and how near it is to what was said."""

    said: str
    told: str
    near: float

    @property
    def opening(self) -> str:
        """The words the model's answer begins with: a few, or none."""
        return " ".join(self.told.split()[:_WORDS]) if self.near >= VERY_NEAR else ""


EXAMPLES: tuple[tuple[str, str], ...] = (
    ("Hello!", "Hello! How can I help you?"),
    ("Hi, please introduce yourself", "Hello! I'm a small AI assistant that runs on your own computer."),
    ("Hi there, good morning", "Good morning! What can I do for you?"),
    ("Goodbye, see you later", "Goodbye! Have a good day."),
    ("Good night", "Good night! Sleep well."),
    ("Bye", "Goodbye! Have a good day."),
    ("Thank you very much", "You're welcome! I'm glad to help."),
    ("Thanks", "You're welcome! I'm glad to help."),
    ("How are you?", "I'm fine, thank you. How can I help you?"),
    ("Who are you?", "I'm a small AI assistant that runs on your own computer."),
    ("What is your name?", "I'm SmolLM2, a small AI assistant."),
    ("What can you do? How can you help me?", "I can answer simple questions and use the tools I was given."),
    ("Tell me a joke", ""),
    ("Tell me a story", ""),
    ("Write me a poem or a song", ""),
    ("What do you think about it? What is your opinion?", "I'm only a small program and have no opinion about it."),
    ("I am feeling sad and lonely", "I'm sorry to hear that you are feeling sad."),
    ("Explain how it works", ""),
    ("Why does this happen?", ""),
    ("Who was this famous person in history?", ""),
    ("What is the capital of Italy?", "The capital of Italy is Rome."),
    ("What is the meaning of the word?", ""),
    ("Translate this sentence into another language", ""),
    ("Give me some ideas and advice", ""),
    ("Summarise what we talked about", ""),
    ("Do you like music?", "I'm only a small program, but I like to talk about it."),
    ("Is it possible?", ""),
)
