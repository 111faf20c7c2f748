"""Texts of strangers that tell people, or the agents who read them, to do something: found, and said beside them.

Nothing is refused for it: a README may well explain a command. But whoever reads it, or hands it to a model, is told
first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from lumosai_marketplace.service.noticerules import HIDDEN, LEVELS, RULES, Level, Rule
from lumosai_sdk import safe

MAX_TEXT: Final = 128 * 1024
"""Characters of a text that are looked at; that it is longer is a notice itself."""
MAX_OF_RULE, MAX_NOTICES = 3, 20
_EXCERPT = 160
_MOST_COMMENTS = 200
_LETTERS = re.compile(r"[^\W\d_]{2,}(?:\W{1,3}[^\W\d_]{2,}){4}")
_REFERENCE = re.compile(r"^\[(?://|comment|_)\]:[^\n]{0,2000}", re.MULTILINE | re.IGNORECASE)
_LINK = re.compile(r"(?<!\!)\[([^\]\n]{4,80})\]\(\s{0,3}<?(https?://[^\s)>]{1,300})", re.IGNORECASE)
_HOST = re.compile(r"^(?:https?://)?((?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24})(?:[/:?#]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a text tells its reader to do. ``rule`` is stable; ``line`` is 0 where it is not told."""

    rule: str
    level: Level
    where: str
    line: int
    text: str
    words: str


def of_release(sha256: str, texts: Mapping[str, str]) -> tuple[Notice, ...]:
    """Return the notices about the texts of a release, remembered by its hash: they never change."""
    return _remembered(sha256, _Texts(texts))


class _Texts:
    """Texts that weigh nothing as a key: the release they are of is the key."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Texts)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=1024)
def _remembered(sha256: str, texts: _Texts) -> tuple[Notice, ...]:  # noqa: ARG001 - the key
    found = scan(texts.texts)
    texts.texts = {}
    return found


def scan(texts: Mapping[str, str]) -> tuple[Notice, ...]:
    """Return the notices about *texts*, named by where they stand, the worst first."""
    found = [n for where, text in texts.items() for n in _of_text(where, text)]
    kept, counts = [], Counter[str]()
    for notice in sorted(found, key=lambda n: -LEVELS.index(n.level)):
        counts[notice.rule] += 1
        if counts[notice.rule] <= MAX_OF_RULE:
            kept.append(notice)
    return tuple(kept[:MAX_NOTICES])


def manifest_texts(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the texts of a manifest that people and models are shown: descriptions, those within schemas too."""
    if description := manifest.get("description"):
        yield "description", str(description)
    for kind, items in (manifest.get("contributes") or {}).items():
        for item in items:
            if said := "\n".join(_strings(item)):
                yield f"{kind} {item.get('id', '')}", said


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, Mapping):
            waiting += one.values()
        elif isinstance(one, list | tuple):
            waiting += one


def _of_text(where: str, whole: str) -> Iterator[Notice]:
    text = whole[:MAX_TEXT]
    if len(whole) > MAX_TEXT:
        words = f"it is longer than {MAX_TEXT} characters: the rest was not looked at"
        yield Notice("text.long", "warning", where, 0, "", words)
    for rule in RULES:
        for found in islice(rule.pattern.finditer(text), MAX_OF_RULE):
            yield _notice(rule, where, text, found.start())
    for at, comment in islice(_comments(text), _MOST_COMMENTS):
        if _LETTERS.search(comment):
            yield _notice(HIDDEN, where, text, at)
    yield from _false_links(where, text)


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield what is there and not shown: comments of HTML, and the link references that are used for comments."""
    at = text.find("<!--")
    while at >= 0:
        end = text.find("-->", at)
        yield at, text[at : len(text) if end < 0 else end][:2000]
        at = -1 if end < 0 else text.find("<!--", end)
    for found in _REFERENCE.finditer(text):
        yield found.start(), found.group()


def _false_links(where: str, text: str) -> Iterator[Notice]:
    """Find links that show one host and lead to another."""
    words = "it has a link that shows one address and leads to another"
    for link in _LINK.finditer(text):
        shown, led = _HOST.match(link[1].strip()), _HOST.match(link[2])
        if shown is not None and (led is None or _bare(shown[1]) != _bare(led[1])):
            yield _notice(Rule("text.false-link", "danger", words, _LINK), where, text, link.start())


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")


def _notice(rule: Rule, where: str, text: str, at: int) -> Notice:
    begin = max(text.rfind("\n", 0, at) + 1, at - _EXCERPT // 3)
    end = text.find("\n", at)
    piece = text[begin : len(text) if end < 0 else end]
    return Notice(rule.name, rule.level, where, text.count("\n", 0, at) + 1, _shown(piece), rule.words)


def _shown(text: str) -> str:
    """Return a piece of text as one line that hides nothing."""
    plain = "".join(c if c.isprintable() or c == "\n" else f"<U+{ord(c):04X}>" for c in text[:_EXCERPT])
    return safe.line(" ".join(plain.split()))
