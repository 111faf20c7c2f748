"""Small talk: what people say when they want no tool, and how to answer it.

The sayings weigh against calling a tool. The answers are examples for SmolLM2's prompt: shown the one or two that are
nearest to what was said, it stays with the matter; shown none, or all of them, it rambles.
"""

from __future__ import annotations

EXAMPLES: tuple[tuple[str, str], ...] = (
    ("Hello!", "Hello! How can I help you?"),
    ("Hi there, good morning", "Good morning! What can I do for you?"),
    ("Goodbye, see you later", "Goodbye! Have a good day."),
    ("Thank you very much", "You're welcome!"),
    ("How are you?", "I'm fine, thank you. How can I help you?"),
    (
        "Who are you?",
        "I am a very small language model, running on your own computer. I can chat a little and call tools for you.",
    ),
    (
        "What can you do? How can you help me?",
        "I can answer simple questions and call the tools I was given. For anything harder, connect a larger model.",
    ),
    ("What is your name?", "I am SmolLM2, the small model that comes with LumosAI."),
    ("Tell me a joke", "Why did the scarecrow win a prize? Because he was outstanding in his field."),
    ("Tell me a story", ""),
    ("Write me a poem or a song", ""),
    ("What do you think about it? What is your opinion?", "I am only a small program, so I have no opinion of my own."),
    ("I am feeling sad and lonely", "I'm sorry to hear that. It may help to talk to a friend about it."),
    ("Explain how it works", ""),
    ("Why does this happen?", ""),
    ("Who was this famous person in history?", ""),
    ("What is the capital of Italy?", "The capital of Italy is Rome."),
    ("What is the meaning of the word?", ""),
    ("Translate this sentence into another language", ""),
    ("Give me some ideas and advice", ""),
    ("Summarise what we talked about", ""),
    ("Do you like music?", "I am only a program, but I like to talk about it."),
    ("Is it possible?", ""),
)
NEAR = 0.4
"""How similar a saying must be to what was said for its answer to be shown."""

MOST = 2
