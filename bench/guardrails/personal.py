"""Texts with personal data whose places are known, and texts with what only looks like it. The same each time."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

SEED: Final = 20261123
_FIRST: Final = ("ada", "grace", "alan", "li.wei", "oneil", "maria-jose", "jan_erik", "x")
_HOSTS: Final = ("example.com", "mail.example.org", "uni.example.ac.uk", "firma.example.de", "sub.team.example.io")
_SENTENCES: Final = (
    "Please send it to {}.",
    "My contact is {} if anything comes up",
    "customer: {}; status: open",
    "{} was on the form.",
    "I used {}, then it failed again.",
    '{{"value": "{}"}}',
    "- {}\n- nothing else",
    "Reach me under {} (evenings only).",
)
_NEGATIVES: Final = (
    "Order {n16} was shipped.",
    "Version {a}.{b}.{c}.{d} is out.",
    "Run 2026{m:02}{d2:02}{n6} failed.",
    "The ISBN is 978-{a}-{n4}-{n4}-{b}.",
    "At {h:02}:{m2:02}:{m2:02} the load was 0.{n4}.",
    "commit {hex40}",
    "See section {a}.{b}.{c} of the manual.",
    "The range is {n4}-{n4} units.",
    "Coordinates: {d2}.{n6}, -{d2}.{n6}",
    "uuid {hex8}-{hex4}-{hex4}-{hex4}-{hex12}",
    "ticket #{n6}, part {n4}-{n4}",
    "It costs {n4},{d2} kr, tax id pending.",
    "user@localhost ran make -j{a}",
    "the ratio is {n4}:{n4}",
    "Total {n6} {n6} rows",
)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, and the kind and the characters of the data in it; none where there is none."""

    text: str
    kind: str
    start: int
    end: int


def labelled(count: int) -> list[Labelled]:
    """Return *count* texts with data of each kind, and as many altogether without."""
    rng = random.Random(SEED)
    out = []
    for kind, make in _MAKERS.items():
        for _ in range(count):
            before, _, after = rng.choice(_SENTENCES).replace("{{", "{").replace("}}", "}").partition("{}")
            value = make(rng)
            out.append(Labelled(before + value + after, kind, len(before), len(before) + len(value)))
    return out + [Labelled(_negative(rng), "", 0, 0) for _ in range(count * len(_MAKERS))]


def _negative(rng: random.Random) -> str:
    def digits(n: int) -> str:
        return "".join(rng.choice("0123456789") for _ in range(n))

    def hexes(n: int) -> str:
        return "".join(rng.choice("0123456789abcdef") for _ in range(n))

    number = digits(16)
    while _luhn(number) == 0:  # one of ten would be a card's
        number = digits(16)
    fill = {f"hex{n}": hexes(n) for n in (4, 8, 12, 40)} | {"n16": number, "n4": digits(4), "n6": digits(6)}
    small = {k: rng.randrange(1, 10) for k in "abcd"} | {"m": rng.randrange(1, 13), "d2": rng.randrange(10, 28)}
    return rng.choice(_NEGATIVES).format(**fill, **small, h=rng.randrange(24), m2=rng.randrange(60))


def _email(rng: random.Random) -> str:
    name = rng.choice(_FIRST) + rng.choice(["", "+news", str(rng.randrange(99))])
    return f"{name}@{rng.choice(_HOSTS)}"


def _phone(rng: random.Random) -> str:
    def part(n: int) -> str:
        return "".join(str(rng.randrange(10)) for _ in range(n))

    return rng.choice(
        [
            f"+47 {part(2)} {part(2)} {part(2)} {part(2)}",
            f"+1-{rng.randrange(200, 999)}-555-{part(4)}",
            f"(555) 01{part(1)}-{part(4)}",
            f"+44 20 7946 {part(4)}",
            f"+49 30 {part(4)}{part(3)}",
            f"020 7946 {part(4)}",
            f"{rng.randrange(200, 999)}-555-{part(4)}",
            f"+33 1 {part(2)} {part(2)} {part(2)} {part(2)}",
        ]
    )


def _card(rng: random.Random) -> str:
    start = rng.choice(["4", "51", "55", "2221", "6011", "34", "37"])
    length = 15 if start in {"34", "37"} else 16
    body = start + "".join(str(rng.randrange(10)) for _ in range(length - len(start) - 1))
    number = body + str(_luhn(body + "0") and 10 - _luhn(body + "0"))
    cut = rng.choice(["", " ", "-"])
    return cut.join(number[i : i + 4] for i in range(0, length, 4)) if cut else number


def _luhn(number: str) -> int:
    doubled = (int(c) * 2 - 9 * (int(c) > 4) if i % 2 else int(c) for i, c in enumerate(reversed(number)))  # noqa: PLR2004
    return sum(doubled) % 10


def _iban(rng: random.Random) -> str:
    country, length = rng.choice([("DE", 18), ("NO", 11), ("GB", 18), ("FR", 23)])
    bank = "NWBK" if country == "GB" else ""
    body = bank + "".join(str(rng.randrange(10)) for _ in range(length - len(bank)))
    rest = int("".join(str(int(c, 36)) for c in f"{body}{country}00")) % 97
    number = f"{country}{98 - rest:02}{body}"
    return number if rng.randrange(2) else " ".join(number[i : i + 4] for i in range(0, len(number), 4))


def _ip(rng: random.Random) -> str:
    if not rng.randrange(3):
        return ":".join(f"{rng.randrange(1, 65536):x}" for _ in range(8))
    return ".".join(str(n) for n in (rng.randrange(1, 127), *(rng.randrange(1, 255) for _ in range(3))))


def _ssn(rng: random.Random) -> str:
    return f"{rng.randrange(1, 665):03}-{rng.randrange(1, 100):02}-{rng.randrange(1, 10_000):04}"


_MAKERS: Final[dict[str, Callable[[random.Random], str]]] = {
    "email": _email,
    "phone": _phone,
    "card": _card,
    "iban": _iban,
    "ip": _ip,
    "ssn": _ssn,
}
