"""``lumos.lock``: every key, and a lock as the code writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from generators.markdown import block, code, page, table
from lumosai_marketplace.client.lock import VERSION, Lock, Locked, Seen
from lumosai_marketplace.names import Name
from lumosai_marketplace.signer import Signer
from lumosai_sdk.permissions import Permissions

INTRO = f"""
What is installed from marketplaces. It stands beside `lumos.toml` and is to be committed: whoever has it installs the
same bytes (`lumos plugin install`, or `--locked` to refuse whatever would change it), or none. `lumos plugin install`,
`update`, `rollback` and `remove` write it; nobody else should. A host holds what it loads against it. The text is the
same whoever writes it: sorted, without the time of writing. `version` is {VERSION}; other versions are refused.
"""
INDEX: Mapping[str, str] = {
    "url": "The index.",
    "checkpoint": "The last checkpoint of its transparency log that was seen. The log has to begin with it, whoever "
    "looks next, on whatever machine.",
    "tuf": "The versions of its TUF metadata that were seen last, by role.",
}
PLUGIN: Mapping[str, str] = {
    "name": "The plugin.",
    "version": "Its version.",
    "runtime": "`wasm` or `python`.",
    "index": "Where it is got from, and nowhere else; `local` for your own, signed on your machine.",
    "file": "The wheel.",
    "sha256": "Its SHA-256. The folder in the store is named by it.",
    "bundle": "SHA-256 of its signatures as they came (PEP 740 provenance), which are kept in the store.",
    "receipt": "SHA-256 of the store's receipt, which has the SHA-256 of every file.",
    "wasm": "SHA-256 of the component, as signed; empty for `python`.",
    "rule": "The rule of [`lumos-trust.toml`](trust-policy.md) that let it in.",
    "signed": "When it was signed, by a clock that is trusted.",
    "log_id": "The log that its signature is in.",
    "log_index": "The entry.",
    "log_root": "The root hash of the tree that the entry was proven to be in.",
    "signer": "Who signed: see below. An update by another publisher is refused.",
    "kinds": "The kinds of what it contributes, which were agreed to as well. An update that brings another asks.",
    "permissions": "What was agreed to, in the words of the manifest. An update that asks for more is asked about.",
}
SIGNER: Mapping[str, str] = {
    "issuer": "Who vouches for the signer: an OpenID provider.",
    "subject": "An e-mail address, or the URI of a workflow.",
    "repository": "The workflow's repository.",
    "repository_id": "Its number, which a name that is registered anew does not have.",
    "owner_id": "The number of the account that owns it.",
    "workflow": "The workflow's file.",
    "ref": "The branch or tag it ran on.",
    "commit": "The commit it was built from.",
}


def pages() -> dict[str, str]:
    """Return the page."""
    return {
        "lock.md": page(
            "Lock",
            INTRO,
            "## `[[index]]`",
            table(("key", "what it is"), _rows(INDEX)),
            "## `[[plugin]]`",
            table(("key", "what it is"), _rows(PLUGIN)),
            "## `[plugin.signer]`",
            "Keys that the certificate says nothing of are left out.",
            table(("key", "what it is"), _rows(SIGNER)),
            "## A lock",
            block("text", _sample().encode().decode()),
        )
    }


def undescribed() -> list[str]:
    """Return the keys that a lock has and nobody explains, or the other way round."""
    lock = _sample()
    (plugin,), (index,) = lock.plugins.values(), lock.indexes.values()
    written = plugin.to_toml()
    found = (written, PLUGIN), (index.to_toml(), INDEX), (written["signer"], SIGNER)
    return sorted(key for keys, told in found for key in keys.keys() ^ told.keys())


def _rows(told: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((code(key), text) for key, text in told.items())


def _sample() -> Lock:
    index = "https://plugins.example.org/"
    signer = Signer(
        issuer="https://token.actions.githubusercontent.com",
        subject="https://github.com/acme/weather/.github/workflows/release.yml@refs/tags/v1.0.0",
        repository="https://github.com/acme/weather",
        repository_id="123456",
        owner_id="789",
        workflow=".github/workflows/release.yml",
        ref="refs/tags/v1.0.0",
        commit="c0ffee" * 6 + "c0ff",
    )
    plugin = Locked(
        name=Name.parse("acme/weather"),
        version="1.0.0",
        runtime="wasm",
        index=index,
        file="acme_weather-1.0.0-py3-none-any.whl",
        sha256="1f" * 32,
        bundle="2e" * 32,
        receipt="3d" * 32,
        signer=signer,
        signed=1_790_000_000.0,
        log_id="4c" * 32,
        log_index=41,
        log_root="q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=",
        wasm="5b" * 32,
        rule="weather",
        permissions=Permissions.from_json({"http": ["GET https://api.weather.example/*"]}),
        kinds=("tool",),
    )
    note = "plugins.example.org\n42\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n\n— plugins.example.org 5a4b…\n"
    seen = Seen(index, {"root": 1, "targets": 3, "snapshot": 7, "timestamp": 9}, note)
    return Lock({plugin.name: plugin}, {index: seen})
