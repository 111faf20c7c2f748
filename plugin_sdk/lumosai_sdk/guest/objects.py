"""The objects behind a plugin's contributions, made when they are first needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from lumosai_sdk.errors import LumosError, NotFoundError
from lumosai_sdk.functions import Function
from lumosai_sdk.guest.plan import Plan
from lumosai_sdk.types.plugins import PluginContext

Ask = Callable[..., Any]
"""Calls a function of the host: its name, ``kv.get``, and its texts; returns the answer's value."""


class SecretHandle:
    """A secret that stays with the host. What it reveals is a handle, good in the headers of requests only."""

    __slots__ = ("_ask", "name")

    def __init__(self, name: str, ask: Ask) -> None:
        self.name = name
        self._ask = ask

    def reveal(self) -> str:
        """Return the handle. Raises PermissionDeniedError when the plugin was not granted the secret."""
        return str(self._ask("secrets.get", self.name))

    def __repr__(self) -> str:
        return f"SecretHandle({self.name!r})"


class Objects:
    """Imports targets and constructs classes with the plugin's context; one object a target."""

    def __init__(self, plan: Plan, ask: Ask) -> None:
        self.plan = plan
        self._ask = ask
        self._made: dict[str, Any] = {}  # by target
        self._found: dict[tuple[str, str], Any] = {}  # by kind and id
        self._context: PluginContext | None = None

    def get(self, kind: str, id: str) -> Any:  # noqa: A002
        """Return the object that serves *id*. Raises NotFoundError, and whatever its code raises."""
        found = self._found.get((kind, id))
        return self._find(kind, id) if found is None else found

    def _find(self, kind: str, id: str) -> Any:  # noqa: A002
        target = self.plan.contributes.get(kind, {}).get(id)
        if target is None:
            raise NotFoundError(kind, id, self.plan.contributes.get(kind, {}))
        if target not in self._made:
            self._made[target] = self._make(target)
        self._found[kind, id] = self._made[target]
        return self._made[target]

    def _make(self, target: str) -> Any:
        found = named(target)
        return found if isinstance(found, Function) else found(self.context())

    def context(self) -> PluginContext:
        """Return the plugin's context, its settings asked of the host once."""
        if self._context is None:
            settings: dict[str, Any] = dict(self._settings())
            settings.update({name: SecretHandle(name, self._ask) for name in self.plan.secrets})
            self._context = PluginContext(self.plan.name, self.plan.version, settings)
        return self._context

    def _settings(self) -> Mapping[str, Any]:
        answer = self._ask("config.get")
        if not isinstance(answer, Mapping):
            raise LumosError(f"the host's answer to config.get is no object but {type(answer).__name__}")
        return answer


def named(target: str) -> Any:
    """Return what stands at ``module:attribute``. Raises ImportError or AttributeError."""
    module, _, attribute = target.partition(":")
    found: Any = import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    return found
