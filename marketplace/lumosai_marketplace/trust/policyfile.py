"""``lumos-trust.toml`` as a file: read with errors that name the line, changed without disturbing what people wrote."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lumosai_marketplace import durable
from lumosai_marketplace.trust.rules import Rule
from lumosai_sdk.errors import ConfigError, NotFoundError

FILE_NAME = "lumos-trust.toml"
MAX_BYTES = 1024 * 1024
MAX_RULES = 1000
_HINT = "lumos trust check"
_HEADER = re.compile(r"^\s*\[\[\s*[\"']?rule[\"']?\s*\]\]")
_OTHER = re.compile(r"^\s*\[")


class PolicyFile(BaseModel):
    """What the file holds. What no rule lets in is refused; there is no other default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default: Literal["deny"] = Field("deny", description="What becomes of plugins that no rule lets in.")
    rule: tuple[Rule, ...] = Field((), max_length=MAX_RULES, description="The rules.")

    @model_validator(mode="after")
    def _named_once(self) -> PolicyFile:
        names = [r.name for r in self.rule if r.name]
        if twice := sorted({n for n in names if names.count(n) > 1}):
            raise ValueError(f"two rules are called {twice[0]!r}")
        return self


def read(path: Path) -> str:
    """Return the file's text; none where there is no file. Raises ConfigError."""
    try:
        with path.open("rb") as f:
            data = f.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return ""
    except OSError as e:
        raise ConfigError(f"{path}: {e.strerror}") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_BYTES} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as e:
        raise ConfigError(f"{path}: not UTF-8 (byte {e.start})") from None


def parse(text: str, source: str) -> PolicyFile:
    """Return what a text holds. Raises ConfigError naming *source*, line and key."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as e:
        raise ConfigError(f"{source}: not TOML: {e}", hint=_HINT) from None
    try:
        return PolicyFile.model_validate(data)
    except ValidationError as e:
        lines = [_line(err["loc"], err["msg"], err["type"], text, source) for err in e.errors(include_url=False)[:8]]
        raise ConfigError("\n".join(dict.fromkeys(lines)), hint=_HINT) from None


def _line(loc: Sequence[str | int], message: str, kind: str, text: str, source: str) -> str:
    said = message.removeprefix("Value error, ")
    if kind == "extra_forbidden":
        said = _unknown(loc)
    line = line_of(text, loc)
    key = ".".join(str(p) for p in loc if not isinstance(p, int))
    return f"{source}{f':{line}' if line else ''}: {key or 'the file'}: {said}"


def _unknown(loc: Sequence[str | int]) -> str:
    known = sorted((Rule if loc[0] == "rule" else PolicyFile).model_fields)
    near = get_close_matches(str(loc[-1]), known, n=1)
    return "unknown key" + (f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(known)}")


def line_of(text: str, loc: Sequence[str | int]) -> int | None:
    """Return the line (from 1) of a key such as ``("rule", 2, "issuer")``, or of its rule; None if it is not seen."""
    lines = text.split("\n")
    if not loc or loc[0] != "rule" or len(loc) < 2 or not isinstance(loc[1], int):  # noqa: PLR2004
        return _key_line(lines, 0, str(loc[0])) if loc else None
    headers = [i for i, line in enumerate(lines) if _HEADER.match(line)]
    if loc[1] >= len(headers):
        return None
    begin = headers[loc[1]]
    key = next((str(p) for p in loc[2:] if isinstance(p, str)), "")
    return _key_line(lines, begin + 1, key) or begin + 1


def _key_line(lines: Sequence[str], begin: int, key: str) -> int | None:
    """Return the line of a key between *begin* and the next table."""
    wanted = re.compile(rf"^\s*(?:{re.escape(key)}|\"{re.escape(key)}\"|'{re.escape(key)}')\s*[.=]")
    inner = re.compile(rf"^\s*\[\s*rule\s*\.\s*{re.escape(key)}\s*[.\]]")
    for number in range(begin, len(lines) if key else begin):
        line = lines[number]
        if wanted.match(line) or inner.match(line):
            return number + 1
        if _HEADER.match(line) or (_OTHER.match(line) and not re.match(r"^\s*\[\s*rule\s*\.", line)):
            return None
    return None


def with_rule(text: str, rule: Rule) -> str:
    """Return *text* with a rule more, at its end. Raises ConfigError."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document: Any = tomlkit.parse(text or 'default = "deny"\n\n')
        table = tomlkit.table()
        for key, value in rule.to_toml().items():
            table.add(key, _inline(value) if isinstance(value, dict) else value)
        table.add(tomlkit.nl())
        if not document.get("rule"):
            document.pop("rule", None)
            document["rule"] = tomlkit.aot()
        document["rule"].append(table)
        return tomlkit.dumps(document)
    except (TOMLKitError, TypeError, ValueError, AttributeError) as e:
        raise ConfigError(f"a rule cannot be added: {e}") from None


def _inline(value: dict[str, Any]) -> Any:
    import tomlkit

    made = tomlkit.inline_table()
    made.update(value)
    return made


def without_rule(text: str, number: int) -> str:
    """Return *text* without its rule *number* (from 0). Raises ConfigError."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document: Any = tomlkit.parse(text)
        del document["rule"][number]
        if not document["rule"]:
            del document["rule"]  # tomlkit would write an empty list, and before what stands above it
        return tomlkit.dumps(document)
    except (TOMLKitError, TypeError, ValueError, KeyError, IndexError) as e:
        raise ConfigError(f"the rule cannot be removed: {e}") from None


def find(rules: Sequence[Rule], label: str) -> int:
    """Return the number of the rule that is called *label*. Raises NotFoundError, also where several are."""
    found = [i for i, r in enumerate(rules) if r.label == label]
    if len(found) != 1:
        what = "rule" if not found else f"one rule (there are {len(found)}; name them in the file)"
        raise NotFoundError(what, label, [r.label for r in rules] if not found else None, hint="lumos trust show")
    return found[0]


def write(path: Path, text: str) -> None:
    """Write so that neither a crash nor a reader ever sees half a file. Raises ConfigError."""
    path = Path(os.path.realpath(path))  # a link stays a link
    try:
        durable.replace(path, text.encode(), path.stat().st_mode & 0o777 if path.exists() else 0o644)
    except OSError as e:
        raise ConfigError(f"{path}: cannot be written: {e.strerror}") from None
