"""``lumos-trust.toml``: the file, and every key of a rule."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from generators.json_schema import rows
from generators.markdown import block, code, page, prose, table
from lumosai_marketplace.names import Name
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.trust import policy
from lumosai_marketplace.trust.policy import Policy, Request
from lumosai_marketplace.trust.policyfile import MAX_RULES, PolicyFile
from lumosai_sdk.errors import LumosError

HEAD = ("key", "type", "default", "what it is")
INTRO = f"""
Whose plugins a host lets in. The file stands beside `lumos.toml`; without one, nothing from a marketplace is let in.
`lumos trust add` and `remove` change it and leave comments and order alone, `lumos trust check` checks it, and `lumos
trust show` shows it. It has {MAX_RULES} rules at most. An unknown key is an error; it names file, line and the nearest
key.
"""
EXAMPLE = """
default = "deny"

[[rule]]
name = "weather"
plugins = ["acme/weather"]
issuer = "https://token.actions.githubusercontent.com"
repository = "https://github.com/acme/weather"
repository_id = "123456"
owner_id = "789"
workflow = ".github/workflows/release.yml"
ref = "refs/tags/v*"
max_permissions = { http = ["GET https://api.weather.example/*"] }
min_age = "3d"

[[rule]]
plugins = ["tools/*"]
instance = "https://plugins.example.org/"
issuer = "https://plugins.example.org/sigstore/oauth2"
subject = "*@example.org"
kinds = ["tool"]
"""
SAYS_WHO = """
A rule has to say who: an `issuer`, and a `subject`, a `repository` with its `repository_id`, or an `owner_id`. Where a
workflow has signed, the number of its repository or owner has to be in the rule: names can be registered anew by
somebody else. An `instance` is named by the address of its index. `local/` is set aside for one's own work: no index
takes such a name, and no glob for everybody covers it.

`plugins` and `subject` and `ref` are globs in which `*` stands for any characters and `?` for one; all else is
compared as it is. A key that is not there is not asked, but for `runtime`: Python code is never let in unless a rule
says so. `max_permissions` is also what [`--yes`](cli.md) grants without asking; where it is missing, every right is
asked for.
"""


def pages() -> dict[str, str]:
    """Return the page."""
    schema = PolicyFile.model_json_schema()
    return {
        "trust-policy.md": page(
            "Trust policy",
            INTRO,
            block('toml title="lumos-trust.toml"', EXAMPLE),
            table(HEAD, _top(schema)),
            "## `[[rule]]`",
            SAYS_WHO,
            table(HEAD, _rule(schema["$defs"]["Rule"])),
            "## Which rule decides",
            prose((inspect.getdoc(policy) or "").partition("**Which rule decides.**")[2]),
            "By the file above:",
            table(("plugin", "signed by", "decided by"), _decided()),
        )
    }


def _top(schema: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    return rows({**schema, "properties": {k: v for k, v in schema["properties"].items() if k == "default"}})


def _rule(model: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    told = {"max_permissions": "table, as [`[permissions]`](permissions.md)", "plugins": "string or list of strings"}
    for key, kind, default, text in rows(model):
        name = key.strip("`")
        yield key, told.get(name, kind), default, text


_WORKFLOW = Signer(
    issuer="https://token.actions.githubusercontent.com",
    subject="https://github.com/acme/weather/.github/workflows/release.yml@refs/tags/v1.0.0",
    repository="https://github.com/acme/weather",
    repository_id="123456",
    owner_id="789",
    workflow=".github/workflows/release.yml",
    ref="refs/tags/v1.0.0",
)
_SOMEBODY = Signer(issuer="https://plugins.example.org/sigstore/oauth2", subject="dev@example.org")
_ELSE = Signer(issuer="https://plugins.example.org/sigstore/oauth2", subject="dev@example.com")


def _decided() -> Iterator[tuple[str, str, str]]:
    rules = Policy.parse(EXAMPLE)
    for name, told, signer in (
        ("acme/weather", "the workflow", _WORKFLOW),
        ("acme/weather", "`dev@example.org`", _SOMEBODY),
        ("tools/clock", "`dev@example.org`", _SOMEBODY),
        ("tools/clock", "`dev@example.com`", _ELSE),
        ("other/clock", "`dev@example.org`", _SOMEBODY),
    ):
        yield code(name), told, _decision(rules, name, signer)


def _decision(rules: Policy, name: str, signer: Signer) -> str:
    place, week = "https://plugins.example.org/", 7 * 86_400.0
    request = Request(Name.parse(name), "1.0.0", signer, instance=place, index=place, signed=0.0, now=week)
    try:
        return f"let in by {code(rules.decide(request).label)}"
    except LumosError as e:
        return f"refused: {code(getattr(e, 'rule', e.code))}"
