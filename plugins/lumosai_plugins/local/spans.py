"""Find, in a request, the pieces that could be a parameter's value: addresses, paths, places, numbers, quotations.

Everything returned for a textual kind is a piece of the request itself, so that a value is never made up.
"""

from __future__ import annotations

import re

from lumosai_plugins.local.lexicon import words

_URL = re.compile(r"\bhttps?://[^\s<>\"'`)\]}]+", re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?<![\w@/.\-])(?:[a-z0-9\-]{1,63}\.){1,4}[a-z]{2,12}(?::\d{2,5})?(?:/[^\s<>\"'`)\]}]*)?", re.IGNORECASE
)
_TLD = re.compile(
    r"\.(?:com|org|net|edu|gov|io|dev|ai|app|info|co|uk|de|fr|eu|us|ch|nl|se|jp|at|it|es|tv|me)(?=[:/]|$)"
)
_EMAIL = re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63}){1,4}")
_QUOTED = re.compile(r"[\"“”`]([^\"“”`\n]{1,300})[\"“”`]|(?<!\w)['\u2018]([^'\u2018\u2019\n]{1,300})['\u2019](?!\w)")
_PATH = re.compile(
    r"(?<![\w/.~@:\-])(?:~?/|\./|\.\./)?(?:[\w.\-+@]+/)*[\w\-+@][\w.\-+@]*\.[A-Za-z][A-Za-z0-9]{0,7}(?![\w/])"
)
_ROOTED = re.compile(r"(?<![\w/.:])(?:~/|/|\./|\.\./)[\w.\-+@][\w.\-+@/]*|(?<![\w/.:])(?:[\w.\-+@]+/)+[\w.\-+@]*")
_FOLDER = re.compile(r"\b(?:folder|directory)\s+([\w.\-]+)|([\w.\-]+)\s+(?:folder|directory)\b", re.IGNORECASE)
_KNOWN_FILE = re.compile(r"\b(?:Makefile|Dockerfile|LICENSE|README|CHANGELOG|NOTICE|Procfile)\b(?!\.\w)")
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\d])")
_NUMBER_WORDS = {
    w: i for i, w in enumerate(words("zero one two three four five six seven eight nine ten eleven twelve"))
} | {"dozen": 12, "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100, "thousand": 1000}
_CLOCK = re.compile(
    r"\b(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:\s?[ap]m\b)?|\b(?:1[0-2]|[1-9])\s?[ap]m\b", re.IGNORECASE
)
_CAPITAL = r"[^\W\d_a-z][\w'’.\-]*"
_NAME = re.compile(rf"{_CAPITAL}(?:[ ]{_CAPITAL})*")
_AFTER_PLACE_WORD = re.compile(
    r"\b(?:in|at|near|around|to|from|for|of)\s+(?:the\s+)?([^\W\d_][\w'’\-]*(?:\s+[^\W\d_][\w'’\-]*){0,2})",
    re.IGNORECASE,
)
_NOT_PLACE = frozenset(
    words(
        "i today tonight tomorrow yesterday now monday tuesday wednesday thursday friday saturday sunday january"
        " february march april may june july august september october november december me my the a an this that next"
        " please what when will is celsius fahrenheit degrees days hours weeks it there here morning evening afternoon"
        " weekend week going be and or"
    )
)
_AFTER_TOPIC_WORD = re.compile(
    r"\b(?:about|regarding|concerning|mentioning|containing|called|named|for|on|with)\s+(?:the\s+words?\s+)?(.+)",
    re.IGNORECASE,
)
_AFTER_ASK = re.compile(
    r"\b(?:ask|check with|find out from)\s+(?:me|us|him|her|them|(?:the|a|my) [\w\-]+|[A-Z]\w+)\s+(.+)", re.IGNORECASE
)
_END = " \t\n.,;:!?"


def urls(text: str) -> list[str]:
    """Return web addresses; a bare domain gets ``https://``."""
    found = [m[0].rstrip(".,;:!?") for m in _URL.finditer(text)]
    rest = _EMAIL.sub(" ", _URL.sub(" ", text))
    bare = [m[0].rstrip(".,;:!?") for m in _DOMAIN.finditer(rest)]
    return found + [f"https://{d}" for d in bare if _TLD.search(d.split("/")[0].lower())]


def emails(text: str) -> list[str]:
    """Return e-mail addresses."""
    return [m[0].rstrip(".") for m in _EMAIL.finditer(text)]


def paths(text: str) -> list[str]:
    """Return what looks like a file or folder."""
    rest = _EMAIL.sub(" ", _URL.sub(" ", text))
    quoted = [q for q in quotations(rest) if re.fullmatch(r"[^\n]*[./][^\n]*", q)]
    found = [m[0].rstrip(_END) for p in (_PATH, _ROOTED, _KNOWN_FILE) for m in p.finditer(rest)]
    kept = [f for f in _unique(quoted + found) if not _is_part(f, quoted + found) and not f.replace("/", "").isdigit()]
    return [f for f in kept if f and (f in quoted or not _TLD.search(f.lower()) or "/" in f)]


def folders(text: str) -> list[str]:
    """Return what looks like a folder: a path without an ending, or what is called one."""
    bare = [p for p in paths(text) if "." not in p.rsplit("/", 1)[-1]]
    called = [m[1] or m[2] for m in _FOLDER.finditer(text)]
    return _unique([*bare, *(c for c in called if c.lower() not in _NOT_PLACE)])


def quotations(text: str) -> list[str]:
    """Return what stands in quotation marks."""
    return [(m[1] or m[2]).strip() for m in _QUOTED.finditer(text)]


def numbers(text: str) -> list[float | int]:
    """Return numbers in signs or, where there are none, in words."""
    found: list[float | int] = []
    for match in _NUMBER.finditer(text):
        digits = match[0].replace(",", "").rstrip(".")
        if len(digits) < 40:  # noqa: PLR2004 - no quantity has more digits
            found.append(float(digits) if "." in digits else int(digits))
    return found or [_NUMBER_WORDS[w] for w in re.findall(r"[a-z]+", text.lower()) if w in _NUMBER_WORDS]


def clocks(text: str) -> list[str]:
    """Return times of day, such as 15:30 or 3 pm."""
    return [m[0] for m in _CLOCK.finditer(text)]


def places(text: str) -> list[str]:
    """Return what could be a place: names after "in", "at", "for", then names anywhere but at the start."""
    after = [_place_words(m[1]) for m in _AFTER_PLACE_WORD.finditer(text)]
    capital = [a for a in after if a and a[0].isupper()]
    named = [_place_words(m[0]) for m in _NAME.finditer(text) if m.start() > 0 and not m[0].isupper() | (m[0] == "I")]
    return _unique([p for p in (*capital, *named, *after) if p])


def _place_words(phrase: str) -> str:
    kept: list[str] = []
    capital = phrase[:1].isupper()
    for word in phrase.split():
        if word.lower().strip(_END) in _NOT_PLACE or (capital and not word[0].isupper()):
            break
        kept.append(word)
    return " ".join(kept).strip(_END).removesuffix("'s")


def topics(text: str) -> list[str]:
    """Return what a search could be for: a quotation, else what follows "about" and its like."""
    return quotations(text) + [m[1].strip(_END) for m in _AFTER_TOPIC_WORD.finditer(text)]


def questions(text: str) -> list[str]:
    """Return what a person should be asked: a quotation, what follows a colon, or what follows "ask me"."""
    _, colon, after = text.partition(": ")
    told = [m[1].strip().removeprefix("for ") for m in _AFTER_ASK.finditer(text)]
    return quotations(text) + ([after.strip()] if colon and after.strip() else []) + told


def phrases(text: str, longest: int = 8, most: int = 64) -> list[str]:
    """Return the runs of up to ``longest`` words of the request, longest first, at most ``most``."""
    words = text.split()
    runs = [
        " ".join(words[start : start + count]).strip(_END + "\"'")
        for count in range(min(longest, len(words)), 0, -1)
        for start in range(len(words) - count + 1)
    ]
    return _unique([r for r in runs if r])[:most]


def _unique(found: list[str]) -> list[str]:
    return list(dict.fromkeys(found))


def _is_part(piece: str, found: list[str]) -> bool:
    return any(piece != other and piece in other for other in found)
