"""The 22 threats of the marketplace's design, as one table: each is tried against a real service by a real client.

``TABLE`` names number, threat and what refuses it: the rule of the refusal; where there is none, the code of the error
(``unauthenticated``, ``conflict``, …), or what came of it in words (``not counted``). The docstrings of the modules say
which threats they hold.
"""

from __future__ import annotations

from tests.attacks.marketplace.threats import (
    consent,
    keys,
    lies,
    logs,
    metadata,
    people,
    publishing,
    sizes,
    store,
    wheels,
    workflows,
)
from tests.attacks.marketplace.threats.case import CASES

MODULES = (lies, publishing, workflows, keys, logs, metadata, wheels, consent, people, store, sizes)
CASES.sort(key=lambda c: c.number)
TABLE: tuple[tuple[int, str, str], ...] = tuple((c.number, c.name, c.rule) for c in CASES)
