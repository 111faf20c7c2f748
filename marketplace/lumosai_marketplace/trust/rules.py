"""A rule of ``lumos-trust.toml``: from whom which plugins are let in, and with what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    field_validator,
    model_validator,
)

from lumosai_marketplace.names import Name
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.trust.permissions import beyond
from lumosai_sdk.errors import InputError
from lumosai_sdk.permissions import Permissions

LOCAL = "local"
"""The namespace of one's own work, and the name of the sigstore instance that one keeps oneself. No index has it."""

Runtime = Literal["wasm", "python"]
Kind = Literal[
    "tool",
    "provider",
    "storage",
    "monitor",
    "step",
    "processor",
    "route",
    "command",
    "panel",
    "auth",
    "memory",
    "vectors",
    "scorer",
    "hooks",
]
_GLOB = re.compile(r"[a-z0-9*?/-]{1,128}", re.ASCII)
_WILD = re.compile(r"[*?]")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_AGE = re.compile(rf"(\d{{1,6}})\s*([{''.join(_UNITS)}])", re.ASCII)


def _permissions(value: Any) -> Any:
    if isinstance(value, Permissions):
        return value
    if not isinstance(value, dict):
        raise ValueError("a table, as [permissions] of a manifest")  # noqa: TRY004 - what pydantic takes for a finding
    try:
        return Permissions.from_json(value)
    except InputError as e:
        raise ValueError(e.message) from None


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def seconds(text: str) -> float:
    """Return the seconds of ``3d``, ``12h``, ``30m``, ``0s``. Raises ValueError."""
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise ValueError("a time such as 3d, 12h or 30m")
    return int(found[1]) * _UNITS[found[2]]


Text = Annotated[str, StringConstraints(min_length=1, max_length=2048, pattern=r"^\S+$")]
LogId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Limits = Annotated[Permissions, BeforeValidator(_permissions), PlainSerializer(lambda p: p.to_json())]


@dataclass(frozen=True, slots=True)
class Request:
    """What wants to be let in. All of it has been verified but ``index``, which is where it was got, and ``published``.

    ``permissions``, ``runtime`` and ``kinds`` are of signed content; ``instance`` names the sigstore instance whose
    trusted root has verified the signature (its address, or ``local``); ``signed``, ``published`` (when the index says
    it took it) and ``now`` are seconds since 1970.
    """

    name: Name
    version: str
    signer: Signer
    instance: str
    index: str
    signed: float
    now: float
    runtime: str = "wasm"
    kinds: frozenset[str] = frozenset()
    permissions: Permissions = field(default_factory=Permissions)
    published: float | None = None

    @property
    def age(self) -> float:
        """Seconds since it was signed; what the index says can only make it younger."""
        return self.now - max(self.signed, self.published or 0)


@dataclass(frozen=True, slots=True)
class Failure:
    """A condition of a rule that does not hold: its key, what it wants, and what is there."""

    key: str
    why: str


class Rule(BaseModel):
    """A rule. What it does not name, it does not ask; but it always says who, and never lets Python code in unasked."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._*/-]{1,80}$")] | None = Field(
        None, description="What messages and lumos.lock call the rule."
    )
    plugins: Annotated[tuple[str, ...], BeforeValidator(_one_or_more), Field(min_length=1, max_length=100)] = Field(
        description="The plugins it is about: names such as acme/weather, or globs such as acme/*."
    )
    instance: Text | None = Field(None, description="The sigstore instance that has verified the signer, or `local`.")
    index: Text | None = Field(None, description="The index that it is got from.")
    issuer: Text | None = Field(None, description="Who has vouched for the signer: an OpenID provider's address.")
    subject: Text | None = Field(None, description="The signer: an e-mail address or a workflow's URI, or a glob.")
    repository: Text | None = Field(None, description="The repository whose workflow signs, as a URL.")
    repository_id: Text | None = Field(None, description="Its number at its host: a name can be registered anew.")
    owner_id: Text | None = Field(None, description="The number of the account that owns the repository.")
    workflow: Text | None = Field(None, description="The workflow's file within the repository.")
    ref: Text | None = Field(None, description="The branch or tag it runs on, or a glob such as refs/tags/v*.")
    kinds: Annotated[tuple[Kind, ...], BeforeValidator(_one_or_more)] | None = Field(
        None, description="The kinds of contributions it may bring."
    )
    runtime: Runtime = Field(
        "wasm", description="`python` lets it run inside the host, with all its rights; it may be sandboxed as well."
    )
    max_permissions: Limits | None = Field(None, description="The most it may ask for.")
    logs: Annotated[tuple[LogId, ...], BeforeValidator(_one_or_more)] = Field(
        (),
        description="Logs that its signatures may be in although the index does not show them, by the SHA-256 of their"
        " keys: whether they show the same to everybody is not seen. The public sigstore's needs not be named.",
    )
    min_age: str | None = Field(None, description="How long ago it must have been signed at least, such as 3d.")

    @field_validator("plugins")
    @classmethod
    def _globs(cls, v: tuple[str, ...]) -> tuple[str, ...]:
        for glob in v:
            if not _GLOB.fullmatch(glob) or (glob.count("/") != 1 and glob != "*"):
                raise ValueError(f"{glob!r} is no plugin's name and no glob of names, such as acme/*")
        return v

    @field_validator("min_age")
    @classmethod
    def _age(cls, v: str | None) -> str | None:
        if v is not None:
            seconds(v)
        return v

    @model_validator(mode="after")
    def _says_who(self) -> Self:
        if any(g.startswith(f"{LOCAL}/") for g in self.plugins) and self.instance != LOCAL:
            raise ValueError(f'{LOCAL}/ is your own work: such a rule has instance = "{LOCAL}"')
        if self.repository and not self.repository_id:
            raise ValueError("repository needs repository_id: its name can be registered anew, by somebody else")
        if self.instance == LOCAL:
            return self
        if not self.issuer:
            raise ValueError("it needs an issuer: without one, anybody whom the instance certifies may sign")
        if not (self.repository_id or self.owner_id or (self.subject and self.subject.strip("*?"))):
            raise ValueError("it needs to say who signs: subject, or repository and repository_id, or owner_id")
        return self

    @property
    def label(self) -> str:
        """What messages and the lock call the rule."""
        return self.name or ", ".join(self.plugins)

    def fit(self, name: Name) -> tuple[int, ...] | None:
        """Tell how closely the rule names a plugin, the higher the closer; None where it does not."""
        fits = [_closeness(g) for g in self.plugins if _matches(g, name)]
        return max(fits, default=None)

    def failures(self, request: Request) -> list[Failure]:
        """Return the conditions that do not hold, in the order in which they matter."""
        return [f for check in _CHECKS for f in check(self, request)]

    def to_toml(self) -> dict[str, Any]:
        """Return the keys that say something, in the order of the model."""
        told = self.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        return {k: told[k] for k in Rule.model_fields if k in told}


def _matches(glob: str, name: Name) -> bool:
    # A glob for everybody's plugins is none for one's own.
    own = name.namespace == LOCAL
    return (not own or glob.startswith(f"{LOCAL}/")) and fnmatchcase(name.screen, glob)


def _closeness(glob: str) -> tuple[int, ...]:
    """A whole name is closest, then the glob with the longest beginning, then the one that says most."""
    wild = _WILD.search(glob)
    return (1, len(glob), 0) if wild is None else (0, wild.start(), len(_WILD.sub("", glob)))


def same_place(a: str, b: str) -> bool:
    """Tell whether two addresses are the same, but for a slash at the end."""
    return a.rstrip("/") == b.rstrip("/")


_Check = Callable[[Rule, Request], Iterable[Failure]]


def _places(rule: Rule, request: Request) -> Iterable[Failure]:
    for key, wanted, found in (("instance", rule.instance, request.instance), ("index", rule.index, request.index)):
        if wanted is not None and not same_place(wanted, found):
            yield Failure(key, f"wants {wanted}, and it is {found or 'none'}")


def _who(rule: Rule, request: Request) -> Iterable[Failure]:
    signer = request.signer
    exact = ("issuer", "repository", "repository_id", "owner_id", "workflow")
    for key in exact:
        wanted, found = getattr(rule, key), getattr(signer, key)
        if wanted is not None and wanted != found:
            yield Failure(key, f"wants {wanted}, and the signer's is {found or 'not told'}")
    for key in ("subject", "ref"):
        wanted, found = getattr(rule, key), getattr(signer, key)
        if wanted is not None and not fnmatchcase(found, _only_stars(wanted)):
            yield Failure(key, f"wants {wanted}, and the signer's is {found or 'not told'}")


def _numbered(rule: Rule, request: Request) -> Iterable[Failure]:
    signer = request.signer
    if signer.repository and rule.instance != LOCAL and not (rule.repository_id or rule.owner_id):
        yield Failure(
            "repository_id",
            f"is missing, and a workflow of {signer.repository} has signed: that name can be registered anew",
        )


def _what(rule: Rule, request: Request) -> Iterable[Failure]:
    if request.runtime not in {"wasm", rule.runtime}:
        yield Failure("runtime", f'wants a sandbox, and it runs inside the host (runtime = "{request.runtime}")')
    if rule.kinds is not None and (more := sorted(request.kinds - set(rule.kinds))):
        yield Failure("kinds", f"wants {', '.join(rule.kinds)}, and it also brings {', '.join(more)}")
    if rule.max_permissions is not None and (left := beyond(request.permissions, rule.max_permissions)):
        listed = "; ".join(f"{k} {v if v is True else ', '.join(v)}" for k, v in left.to_json().items())
        yield Failure("max_permissions", f"allows less than it asks for: {listed[:400]}")


def _when(rule: Rule, request: Request) -> Iterable[Failure]:
    if rule.min_age is not None and request.age < (wanted := seconds(rule.min_age)):
        hours = (wanted - request.age) / _UNITS["h"]
        yield Failure("min_age", f"wants {rule.min_age} since it was signed; that is in {hours:.1f} hours")


_CHECKS: tuple[_Check, ...] = (_places, _who, _numbered, _what, _when)


def _only_stars(glob: str) -> str:
    """Return a glob in which brackets are brackets: ``*`` and ``?`` are all there is."""
    return glob.replace("[", "[[]")
