"""Taking secrets out of what a server says, in every form it is likely to say them in.

A server that was sent a secret knows it, and could tell it in a form nobody thought of: this is for echoes, debug pages
and redirects. What keeps a secret is that it goes only to the hosts its owner named.
"""

from __future__ import annotations

import base64
import html
import json
import re
from functools import lru_cache
from urllib.parse import quote, quote_plus

INSTEAD = b"[secret]"
_LEAST = 6
"""A form shorter than this is left alone, unless it is the secret itself: it would stand in many texts by chance."""


@lru_cache(maxsize=64)
def forms(secret: str) -> frozenset[bytes]:
    """Return the forms of a secret that are looked for."""
    raw = secret.encode("utf-8", "replace")
    texts = {
        quote(secret, safe=""),
        quote_plus(secret),
        quote(secret),
        html.escape(secret),
        html.escape(secret, quote=False),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
        "".join(f"%{b:02X}" for b in raw),
        "".join(f"%{b:02x}" for b in raw),
        re.sub(r"%[0-9A-F]{2}", lambda m: m[0].lower(), quote(secret, safe="")),
        raw.hex(),
        raw.hex().upper(),
        secret[::-1],
    }
    out = {t.encode("utf-8", "replace") for t in texts} | _base64(raw)
    out |= {secret.encode("utf-16-le", "replace"), secret.encode("utf-16-be", "replace")}
    return frozenset({f for f in out if len(f) >= _LEAST} | {raw})


def _base64(raw: bytes) -> set[bytes]:
    """Return what base64 makes of *raw* wherever it stands within something longer."""
    out = set()
    for before in range(3):
        packed = base64.b64encode(b"\0" * before + raw)
        # The characters at both ends also hold bits of what stands around.
        start, spare = (0, 2, 3)[before], (before + len(raw)) % 3
        end = len(packed) - (0, 3, 2)[spare]
        core = packed[start:end]
        out |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    return out


class Scrubber:
    """Replaces some secrets in whole texts; ``Flow`` does so in pieces."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        found = {f for s in secrets for f in forms(s)}
        self.forms = sorted(found, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, self.forms)))
        self.longest = len(self.forms[0])
        self.first = frozenset(f[0] for f in self.forms)

    def clean(self, data: bytes) -> bytes:
        """Return *data* without the secrets."""
        return self._pattern.sub(INSTEAD, data)

    def text(self, text: str) -> str:
        """Return *text* without the secrets."""
        return self.clean(text.encode("utf-8", "replace")).decode("utf-8", "replace")

    def within(self, text: str) -> bool:
        """Tell whether a secret stands in a text."""
        return self._pattern.search(text.encode("utf-8", "replace")) is not None

    def last_end(self, data: bytes) -> int:
        """Return where the last secret in *data* ends."""
        return max((m.end() for m in self._pattern.finditer(data)), default=0)


class Flow:
    """A body on its way: what may be the beginning of a secret waits for what comes next."""

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self._held = b""

    def feed(self, piece: bytes) -> bytes:
        """Take a piece, return what may go on."""
        data = self._held + piece
        cut = self._begun(data, self._scrubber.last_end(data))
        self._held = data[cut:]
        return self._scrubber.clean(data[:cut])

    def end(self) -> bytes:
        """Return what was held back."""
        held, self._held = self._held, b""
        return self._scrubber.clean(held)

    def _begun(self, data: bytes, after: int) -> int:
        """Return where the first place is, not before *after*, at which a secret may have begun; else the end."""
        scrubber = self._scrubber
        for at in range(max(after, len(data) - scrubber.longest + 1), len(data)):
            if data[at] in scrubber.first:
                rest = data[at:]
                if any(f.startswith(rest) for f in scrubber.forms):
                    return at
        return len(data)
