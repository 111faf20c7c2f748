"""A permission in plain words, and how much harm it can do in the wrong hands."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Final, Literal

from lumosai_sdk.permissions import FileRule, HttpRule, SecretRule

Risk = Literal["low", "medium", "high"]
RISKS: Final[tuple[Risk, ...]] = ("low", "medium", "high")

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_WILD = re.compile(r"[*?\[]")
_TELLING = re.compile(r"KEY|TOKEN|SECRET|PASS|CRED|AUTH", re.IGNORECASE)
_OWN_NETWORK = (".local", ".internal", ".lan", ".home", ".corp")
_WHOLE = frozenset({"*", "/", "~", ".", "..", "/home", "/root", "/etc", "/var", "/Users"})


_PLAIN = re.compile(r"[\w./*?~%+=:@\[\]{}!$-]*")
_MOST = 160


def _shown(text: str) -> str:
    """Return a part of a rule as it may stand in a sentence: what could go on with the sentence stands in quotes."""
    cut = text if len(text) <= _MOST else f"{text[:_MOST]}…"
    return text if cut == text and _PLAIN.fullmatch(text) else json.dumps(cut, ensure_ascii=False)


def _shown_host(host: str) -> str:
    """Return a host in the letters that are looked up: others look like those of somebody else's host."""
    try:
        plain = host.encode("ascii" if host.isascii() else "idna").decode()
    except UnicodeError:
        return json.dumps(host[:_MOST])
    return _shown(plain)


def right_in_words(kind: str, rule: str) -> tuple[str, Risk]:
    """Return what the permission *rule* of a *kind* lets a plugin do, and its risk. Raises InputError for none."""
    return _WORDS[kind](rule)


def _http(text: str) -> tuple[str, Risk]:
    rule = HttpRule.parse(text)
    reads = rule.method in _READS
    does = "read from" if reads else "send data to and read from"
    name = _shown_host(rule.host)
    host = name if rule.port in {None, 80, 443} else f"{name}:{rule.port}"
    if rule.host == "*":
        return f"{does} any server, those of your own network among them", "high"
    if _is_inside(rule.host):
        return f"{does} {host}, a server of your own machine or network", "high"
    if host.startswith("*.") and "." not in rule.host[2:]:
        return f"{does} any server below {host[2:]}, whoever it belongs to", "high"
    where = f"any server below {host[2:]}" if host.startswith("*.") else host
    bare = "" if rule.scheme == "https" else ", unencrypted"
    path = "" if rule.path in {"/*", "*"} else f" ({_shown(rule.path)})"
    plain = not bare and not host.startswith("*.") and name == rule.host and "xn--" not in name
    return f"{does} {where}{path}{bare}", "low" if reads and plain else "medium"


def _is_inside(host: str) -> bool:
    plain = host.strip("[]")
    try:
        return not ipaddress.ip_address(plain).is_global
    except ValueError:
        # A name without a dot, or a number: a resolver takes it for something of one's own.
        return plain == "localhost" or plain.endswith((".localhost", *_OWN_NETWORK)) or "." not in plain.strip(".")


def _files(text: str) -> tuple[str, Risk]:
    rule = FileRule.parse(text)
    does = "read, change and delete" if rule.mode == "write" else "read"
    root = PurePosixPath(rule.root)
    if rule.root == "*":
        return f"{does} all files that the host can", "high"
    wide = (
        rule.root in _WHOLE or ".." in root.parts or root.parts[:1] == ("~",) or any(p[:1] == "." for p in root.parts)
    )
    return f"{does} the files below {_shown(rule.root)}", "high" if wide else "medium"


def _env(name: str) -> tuple[str, Risk]:
    if _WILD.search(name):
        return f"read the host's environment variables {_shown(name)}, keys among them", "high"
    return f"read the host's environment variable {_shown(name)}", "high" if _TELLING.search(name) else "medium"


def _secrets(text: str) -> tuple[str, Risk]:
    rule = SecretRule.parse(text)
    name = f"the secret{'s' if _WILD.search(rule.name) else ''} {_shown(rule.name)}"
    if rule.host is None:
        return f"see {name}", "high"
    where = "any server" if rule.host == "*" else _shown_host(rule.host)
    wide = "*" in rule.host or _WILD.search(rule.name) is not None
    return f"have {name} sent to {where}, without seeing it", "high" if wide else "medium"


def _models(name: str) -> tuple[str, Risk]:
    which = "any model" if name == "*" else f"the model{'s' if _WILD.search(name) else ''} {_shown(name)}"
    return f"ask {which}, which may cost money and shows it what is asked", "medium"


def _tools(name: str) -> tuple[str, Risk]:
    if name == "*":
        return "call any tool of any plugin, with that plugin's rights", "high"
    return f"call the tools {_shown(name)}, with their plugins' rights", "medium"


def _runtime(name: str) -> tuple[str, Risk]:
    if name == "python":
        return "run inside the host's own process, with all the rights you have yourself: nothing is enforced", "high"
    return "run in a sandbox", "low"


_WORDS: Final[Mapping[str, Callable[[str], tuple[str, Risk]]]] = {
    "http": _http,
    "files": _files,
    "env": _env,
    "secrets": _secrets,
    "models": _models,
    "tools": _tools,
    "kv": lambda _: ("keep small values between calls", "low"),
    "clock": lambda _: ("know the time", "low"),
    "random": lambda _: ("get random numbers", "low"),
    "runtime": _runtime,
}
