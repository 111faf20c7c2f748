"""How many tokens a message is, about.

Tokenizers differ by model, and many are not published: this is one estimate for all of them, by the rule of thumb that
a token is four bytes of UTF-8. A smaller ``bytes_per_token`` makes it more careful. It costs no more than to look a
count up: the length of a string.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lumosai_sdk.types.messages import ImagePart, Message

BYTES_PER_TOKEN = 4.0
AROUND = 4
"""Tokens around each message and call: role, separators, ids."""
IMAGE = 1000
"""Tokens of an image; vendors count from 85 to a few thousand, by size and detail."""


def of_text(text: str, bytes_per_token: float = BYTES_PER_TOKEN) -> int:
    """Return about how many tokens a text is."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    return int(size / bytes_per_token) + 1


def of_message(message: Message, bytes_per_token: float = BYTES_PER_TOKEN) -> int:
    """Return about how many tokens a message is, with its tool calls and images."""
    content = message.content
    if type(content) is str:
        count = AROUND + of_text(content, bytes_per_token)
    else:
        images = sum(isinstance(part, ImagePart) for part in content)
        count = AROUND + IMAGE * images + of_text(message.text, bytes_per_token)
    for call in message.tool_calls:
        count += AROUND + of_text(call.name, bytes_per_token) + of_text(call.arguments, bytes_per_token)
    return count


def of_messages(messages: Iterable[Message], bytes_per_token: float = BYTES_PER_TOKEN) -> int:
    """Return about how many tokens messages are together."""
    return sum(of_message(m, bytes_per_token) for m in messages)


def of_lines(lines: Sequence[str]) -> int:
    """Return about how many tokens lines of text are together."""
    return sum(map(of_text, lines)) + len(lines)
