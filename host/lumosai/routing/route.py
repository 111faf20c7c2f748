"""What a model's name stands for: one model, or several of which each takes over from the one before."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lumosai.config.model import ModelsConfig, RouteConfig, TargetConfig
from lumosai_sdk.errors import NotFoundError

COOLDOWN = 30.0


@dataclass(frozen=True, slots=True)
class Target:
    """A model that may be asked; None leaves ``retries`` and ``timeout`` to ``[limits]``."""

    ref: str
    weight: float = 1.0
    retries: int | None = None
    timeout: float | None = None
    cooldown: float = COOLDOWN


@dataclass(frozen=True, slots=True)
class Group:
    """Models that are equals: tried in order or, if *weighted*, in an order drawn by weight."""

    targets: tuple[Target, ...]
    weighted: bool = False

    def ordered(self) -> Iterable[Target]:
        """Return the targets as they are to be tried this time."""
        if not self.weighted or len(self.targets) == 1:
            return self.targets
        # Efraimidis and Spirakis, "Weighted random sampling with a reservoir" (2006): one draw gives the whole order.
        drawn = [(random.random() ** (1 / t.weight), i) for i, t in enumerate(self.targets)]  # noqa: S311 - no secret
        return [self.targets[i] for _, i in sorted(drawn, reverse=True)]


@dataclass(frozen=True, slots=True)
class Route:
    """Groups of models, best first. ``only`` is its one model when there is nothing to choose from."""

    groups: tuple[Group, ...]
    only: Target | None = None

    @classmethod
    def of(cls, groups: Iterable[Group]) -> Route:
        made = tuple(groups)
        targets = [t for group in made for t in group.targets]
        return cls(made, targets[0] if len(targets) == 1 else None)

    def ordered(self) -> Iterator[Target]:
        """Yield the targets as they are to be tried this time, none twice."""
        seen: set[str] = set()
        for group in self.groups:
            for target in group.ordered():
                if target.ref not in seen:
                    seen.add(target.ref)
                    yield target

    @property
    def refs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(t.ref for group in self.groups for t in group.targets))


class Names:
    """The names of ``[models]``: aliases and routes, made ready once."""

    def __init__(self, models: ModelsConfig) -> None:
        self._aliases = models.aliases
        self._groups = {name: self._group(route) for name, route in models.routes.items()}
        self._routes: dict[str, Route] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._groups or name in self._aliases

    def __iter__(self) -> Iterator[str]:
        return iter({**self._aliases, **self._groups})

    def route(self, name: str) -> Route:
        """Return what a name or reference stands for. Raises NotFoundError for what is neither."""
        route = self._routes.get(name)
        if route is None:
            route = Route.of([self._named(name)])
            if name in self:  # references come from outside, without number
                self._routes[name] = route
        return route

    def chain(self, names: Iterable[str]) -> Route:
        """Return a route that goes through several names, best first. Raises NotFoundError."""
        return Route.of(self._named(name) for name in names)

    def ref(self, name: str) -> str:
        """Return the model that *name* stands for, of a route the first. Raises NotFoundError."""
        group = self._groups.get(name)
        if group is not None:
            return group.targets[0].ref
        resolved = self._aliases.get(name, name)
        if "/" not in resolved:
            raise NotFoundError(
                "model",
                name,
                list(self) or None,
                hint="a model is <provider>/<model>, such as openai/gpt-5, or an alias",
            )
        return resolved

    def _named(self, name: str) -> Group:
        return self._groups.get(name) or Group((Target(self.ref(name)),))

    def _group(self, config: RouteConfig) -> Group:
        targets = tuple(self._target(t, config) for t in config.targets)
        return Group(targets, weighted=config.strategy == "weighted")

    def _target(self, given: str | TargetConfig, route: RouteConfig) -> Target:
        target = TargetConfig(model=given) if isinstance(given, str) else given
        retries = route.retries if target.retries is None else target.retries
        timeout = route.timeout if target.timeout is None else target.timeout
        ref = self._aliases.get(target.model, target.model)
        return Target(ref, target.weight, retries, timeout, route.cooldown)
