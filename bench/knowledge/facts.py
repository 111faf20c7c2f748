"""Documents with known answers: questions in the words of the answer, questions in others, and questions of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

_THINGS: Final = {
    "bicycle": "two-wheeler",
    "kitchen": "room where one cooks",
    "physician": "doctor",
    "lawyer": "attorney",
    "movie theatre": "cinema",
    "railway": "train line",
    "aeroplane": "aircraft",
    "garbage": "rubbish",
    "autumn": "the fall",
    "salary": "wage",
    "holiday": "days off",
    "refrigerator": "fridge",
}
_FACTS: Final = {
    "The {thing} is inspected every {n} months by the works council.": "How often is the {other} checked?",
    "Repairs of the {thing} are paid by fund {n}, after approval.": "Who pays for mending the {other}?",
    "Complaints about the {thing} go to office {n} on the upper floor.": "Whom do I tell when the {other} is bad?",
    "In case of fire the {thing} is cleared through exit {n}.": "How do I get out of the {other} in an emergency?",
}
_CODES: Final = "ABCDEFGHJKLM"
_NAMES: Final = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances")


@dataclass(frozen=True, slots=True)
class Fact:
    """A document, and questions that it alone answers."""

    source: str
    text: str
    questions: tuple[str, ...]


def facts() -> list[Fact]:
    """Return the documents with their questions."""
    out = []
    for n, ((thing, other), (fact, question)) in enumerate(product(_THINGS.items(), _FACTS.items())):
        text = fact.format(thing=thing, n=n + 3)
        out.append(Fact(f"fact-{n}", text, (question.format(other=other), question.format(other=thing))))
    for n, (a, b) in enumerate(product(_CODES, _CODES)):
        part = f"{a}{b}-{4000 + 37 * n}"
        text = f"Part {part} fits the pump of series {n % 7}, and is kept on shelf {n % 31}."
        out.append(Fact(f"part-{n}", text, (f"On which shelf is {part}?",)))
    for n in range(400):
        number = f"{10_000 + 7919 * n % 90_000}"
        text = f"Invoice {number} was sent to {_NAMES[n % 7]} on day {n % 28 + 1} and is for {n * 13 % 977} crowns."
        out.append(Fact(f"invoice-{n}", text, (f"To whom was invoice {number} sent?",)))
    return out
