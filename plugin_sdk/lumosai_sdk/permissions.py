"""What a plugin asks for and its owner grants. One grammar for manifests, ``lumos.toml``, tools and the sandbox.

A *request* stands in the manifest, a *grant* in ``lumos.toml``; what holds is what both allow. Nothing is the default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any, Literal, Self
from urllib.parse import SplitResult, unquote, urlsplit

from lumosai_sdk.errors import InputError

METHODS = frozenset({"*", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ANY_PORT = re.compile(r"^([a-z]+://[^/:]+):\*(?=/|$)")
# What one reader of URLs drops, another keeps, and a third takes for a slash.
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_SLASH, _ENDED = re.compile(r"[/\\]"), re.compile(r"[;\x00]")
_WILD = re.compile(r"[*?\[]")
MAX_DECODINGS = 4
MAX_RULES = 500
"""Rules of one kind in a request or a grant: whatever a plugin asks its host for is held against each."""
MAX_LENGTH = 2048
"""Characters of a rule."""


@dataclass(frozen=True, slots=True)
class HttpRule:
    """``METHOD scheme://host[:port]/path``.

    ``*`` is any method, ``*.example.org`` any subdomain, ``*`` as host any host, as port (held as None) any port, and
    in a path any rest. Without a port it is the scheme's own.
    """

    method: str
    scheme: str
    host: str
    port: int | None
    path: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule such as ``GET https://api.example.org/v1/*``. Raises InputError."""
        method, _, url = text.strip().partition(" ")
        plain = _ANY_PORT.sub(r"\1", url.strip())
        parts, port = _split(plain, text)
        if method.upper() not in METHODS or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError(
                f"{text!r} is not an http permission", hint='write it as "GET https://api.example.org/v1/*"'
            )
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise InputError(f"{text!r}: an http permission has no user, query or fragment")
        any_port = plain != url.strip()
        return cls(method.upper(), parts.scheme, parts.hostname.lower(), None if any_port else port, parts.path or "/*")

    def allows(self, method: str, url: str) -> bool:
        """Tell whether a request to *url* falls under this rule. Dot segments, users and odd characters never do."""
        if _ODD.search(url):
            return False
        try:
            parts, port = _split(url, url)
        except InputError:
            return False
        return (
            self.method in {"*", method.upper()}
            and parts.scheme == self.scheme
            and self.port in {None, port}
            and _host_matches(self.host, (parts.hostname or "").lower().rstrip("."))
            and "@" not in parts.netloc
            and _path_matches(self.path, parts.path or "/")
        )


def _split(url: str, shown: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        return parts, parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError as e:
        raise InputError(f"{shown!r}: {e}") from None


def _host_matches(pattern: str, host: str) -> bool:
    if pattern == "*":
        return bool(host)
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return host == pattern


def _path_matches(pattern: str, path: str) -> bool:
    return not _climbs(path) and fnmatchcase(path, _path_glob(pattern))


def _climbs(path: str) -> bool:
    """Tell whether some server may see ``..`` in *path*: decoded again and again, cut off at ``;`` or not.

    A path that is still encoded after MAX_DECODINGS counts as one that climbs.
    """
    for _ in range(MAX_DECODINGS):
        # Some servers end a segment at ";", some at a NUL, and some leave out the white space around it.
        if any(_ENDED.split(s)[0].strip() == ".." for s in _SLASH.split(path)):
            return True
        path, before = unquote(path), path
        if path == before:
            return False
    return True


def _path_glob(path: str) -> str:
    """Return a rule's path as a glob: ``*`` is any rest, all else itself."""
    return path.replace("[", "[[]").replace("?", "[?]")


@dataclass(frozen=True, slots=True)
class FileRule:
    """``read FOLDER`` or ``write FOLDER``; writing includes reading. Relative folders start at ``lumos.toml``."""

    mode: Literal["read", "write"]
    root: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule such as ``read ./docs``. Steps up are taken by name. Raises InputError."""
        mode, _, root = text.strip().partition(" ")
        root = root.strip()
        if mode not in {"read", "write"} or not root:
            raise InputError(f"{text!r} is not a files permission", hint='write it as "read ./docs" or "write ./out"')
        return cls("write" if mode == "write" else "read", normpath(root))


@dataclass(frozen=True, slots=True)
class SecretRule:
    """``NAME``, or ``NAME to host[:port]``: a secret, and where it may be sent by a plugin that never sees it.

    NAME may be a glob; hosts are as in HttpRule, and without a port any will do. A bare NAME (``host`` is None) is a
    right to the secret itself, which only plugins that are not sandboxed can have.
    """

    name: str
    host: str | None = None
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a rule such as ``api_key to api.example.org``. Raises InputError."""
        name, to, where = text.strip().partition(" to ")
        if not to and name.split() == [name]:
            return cls(name)
        parts, _ = _split(f"https://{where.strip()}", text)
        host, plain = (parts.hostname or "").lower(), not (parts.path or parts.query or parts.fragment)
        if not name.strip() or not host or "@" in parts.netloc or not plain or _ODD.search(where.strip()):
            raise InputError(f"{text!r} is not a secrets permission", hint='write it as "api_key to api.example.org"')
        return cls(name.strip(), host, parts.port)

    def allows(self, name: str, host: str, port: int) -> bool:
        """Tell whether the secret *name* may be sent to a host."""
        return (
            self.covers(name) and self.host is not None and _host_matches(self.host, host) and self.port in {None, port}
        )

    def covers(self, name: str) -> bool:
        """Tell whether the rule is about the secret *name*."""
        return fnmatchcase(name, self.name)


@lru_cache(maxsize=1024)
def http_rule(text: str) -> HttpRule:
    """Return the parsed form of *text*, remembered."""
    return HttpRule.parse(text)


@dataclass(frozen=True, slots=True)
class Permissions:
    """A set of rights, as written. ``env``, ``models`` and ``tools`` hold names or globs, ``secrets`` SecretRules."""

    http: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    kv: bool = False
    clock: bool = False
    random: bool = False

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read and check a ``[permissions]`` or ``grant`` table. Raises InputError naming the key."""
        known = {f.name for f in fields(cls)}
        if unknown := set(data) - known:
            raise InputError(f"unknown permission {min(unknown)!r}; there are: {', '.join(sorted(known))}")
        out = cls(**{k: _value(k, v) for k, v in data.items()})
        for text in out.http:
            http_rule(text)
        for text in out.files:
            FileRule.parse(text)
        for text in out.secrets:
            SecretRule.parse(text)
        return out

    def to_json(self) -> dict[str, Any]:
        """Return only what is asked for or granted."""
        values = ((f.name, getattr(self, f.name)) for f in fields(self))
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values if v}

    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))

    def allows_http(self, method: str, url: str) -> bool:
        return any(http_rule(r).allows(method, url) for r in self.http)

    def allows_name(self, kind: Literal["env", "secrets", "models", "tools"], name: str) -> bool:
        return any(fnmatchcase(name, g) for g in getattr(self, kind))

    def secret_rules(self) -> tuple[SecretRule, ...]:
        return tuple(SecretRule.parse(t) for t in self.secrets)

    def file_rules(self) -> tuple[FileRule, ...]:
        return tuple(FileRule.parse(t) for t in self.files)


NOTHING = Permissions()


@dataclass(frozen=True, slots=True)
class Grant:
    """A request and what the owner granted of it."""

    requested: Permissions = NOTHING
    granted: Permissions = NOTHING
    effective: Permissions = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "effective", _narrow(self.requested, self.granted))

    @property
    def missing(self) -> Permissions:
        """What was asked for and not granted at all, by kind."""
        return Permissions(
            **{
                f.name: getattr(self.requested, f.name)
                for f in fields(Permissions)
                if getattr(self.requested, f.name) and not getattr(self.effective, f.name)
            }
        )


def _narrow(requested: Permissions, granted: Permissions) -> Permissions:
    out: dict[str, Any] = {}
    for f in fields(Permissions):
        want, have = getattr(requested, f.name), getattr(granted, f.name)
        out[f.name] = (want and have) if isinstance(want, bool) else _common(f.name, want, have)
    return Permissions(**out)


def _common(kind: str, want: Sequence[str], have: Sequence[str]) -> tuple[str, ...]:
    """Return the grants that lie within a request, and the requests that lie within a grant."""
    within = [h for h in have if any(_covers(kind, w, h) for w in want)]
    within += [w for w in want if w not in within and any(_covers(kind, h, w) for h in have)]
    return tuple(within)


def _covers(kind: str, wide: str, narrow: str) -> bool:
    if kind == "http":
        return _http_covers(http_rule(wide), http_rule(narrow))
    if kind == "files":
        return _file_covers(FileRule.parse(wide), FileRule.parse(narrow))
    if kind == "secrets":
        return _secret_covers(SecretRule.parse(wide), SecretRule.parse(narrow))
    return _name_covers(wide, narrow)


def _name_covers(wide: str, narrow: str) -> bool:
    """Tell whether every name that fits *narrow* fits *wide*; where that is hard to tell, no."""
    if wide == narrow:
        return True
    if not _WILD.search(narrow):
        return fnmatchcase(narrow, wide)
    return wide.endswith("*") and not _WILD.search(wide[:-1]) and narrow.startswith(wide[:-1])


def _http_covers(wide: HttpRule, narrow: HttpRule) -> bool:
    return (
        wide.method in {"*", narrow.method}
        and wide.scheme == narrow.scheme
        and wide.port in {None, narrow.port}
        and _host_covers(wide.host, narrow.host)
        and fnmatchcase(narrow.path, _path_glob(wide.path))
    )


def _host_covers(wide: str, narrow: str) -> bool:
    return narrow == wide or (narrow != "*" and _host_matches(wide, narrow.removeprefix("*")))


def _secret_covers(wide: SecretRule, narrow: SecretRule) -> bool:
    if not _name_covers(wide.name, narrow.name) or wide.host is None:
        return _name_covers(wide.name, narrow.name)
    return narrow.host is not None and wide.port in {None, narrow.port} and _host_covers(wide.host, narrow.host)


def _file_covers(wide: FileRule, narrow: FileRule) -> bool:
    if wide.mode not in {"write", narrow.mode}:
        return False
    if wide.root == "*":
        return True
    below = PurePosixPath(narrow.root)
    # "../a" begins with the parts of "..", and of ".", but does not lie below either.
    return below.is_relative_to(wide.root) and ".." not in below.relative_to(wide.root).parts


def _value(key: str, value: Any) -> Any:
    if key in {"kv", "clock", "random"}:
        if not isinstance(value, bool):
            raise InputError(f"permission {key!r} is true or false, not {value!r}")
        return value
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        raise InputError(f"permission {key!r} is a list of strings, not {value!r}")
    if len(value) > MAX_RULES or any(len(v) > MAX_LENGTH for v in value):
        raise InputError(f"permission {key!r} has at most {MAX_RULES} rules, of at most {MAX_LENGTH} characters each")
    return tuple(value)
