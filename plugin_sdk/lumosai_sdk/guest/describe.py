"""What a plugin's code says of itself, for its manifest. Called when it is built, with no rights at all."""

from __future__ import annotations

import inspect
from typing import Any

from lumosai_sdk.errors import LumosError
from lumosai_sdk.functions import Function
from lumosai_sdk.guest.objects import Objects, named
from lumosai_sdk.guest.plan import Plan

_UNSAID = ("", "never", False)
"""What is so without being said."""


def describe(plan: Plan, objects: Objects) -> dict[str, Any]:
    """Return ``{"contributes": {kind: [{"id", …}]}}``. Raises ImportError and the like for targets that are not there.

    A class that cannot be made without settings or rights is described by its docstring alone.
    """
    found = {
        kind: [_described(kind, id_, target, objects) for id_, target in sorted(ids.items())]
        for kind, ids in sorted(plan.contributes.items())
    }
    return {"contributes": found}


def _described(kind: str, id_: str, target: str, objects: Objects) -> dict[str, Any]:
    attribute = named(target)
    out: dict[str, Any] = {"id": id_}
    if text := _summary(attribute):
        out["description"] = text
    obj = attribute if isinstance(attribute, Function) else _made(kind, id_, objects)
    if kind == "tool" and hasattr(obj, "spec"):
        out |= {k: v for k, v in obj.spec.to_json().items() if v not in _UNSAID} | {"id": id_}
    if kind == "processor" and hasattr(obj, "phases"):
        out["phases"] = sorted(obj.phases)
    return out


def _made(kind: str, id_: str, objects: Objects) -> Any:
    try:
        return objects.get(kind, id_)
    except (LumosError, LookupError, TypeError, ValueError, AttributeError):
        return None


def _summary(attribute: Any) -> str:
    text = inspect.getdoc(attribute.fn if isinstance(attribute, Function) else attribute) or ""
    return " ".join(text.split("\n\n", maxsplit=1)[0].split())
