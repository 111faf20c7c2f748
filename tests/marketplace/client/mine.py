"""A person with wheels of their own, and a host on the same machine; no service, no network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.marketplace.client.wheels import make

from lumosai_marketplace.client.consent import Ask, Question
from lumosai_marketplace.client.install import Installed, Options
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.client.session import Session
from lumosai_marketplace.own.install import install_wheel


@dataclass
class Mine:
    """``own`` is where the person's signatures are kept; ``asked`` is what the person was asked."""

    base: Path
    own: Path
    asked: list[Question] = field(default_factory=list)

    @property
    def market(self) -> Market:
        return replace(Market.at(self.base, self.base / ".lumos"), own=self.own)

    def wheel(self, name: str = "acme_words", version: str = "1.0.0", **more: Any) -> Path:
        filename, data = make(name, version, **more)
        path = self.base / "dist" / filename
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return path

    async def yes(self, question: Question) -> bool:
        self.asked.append(question)
        return True

    async def no(self, question: Question) -> bool:
        self.asked.append(question)
        return False

    async def install(self, path: Path, *, ask: Ask | None = None, **options: Any) -> Installed:
        return await install_wheel(self.market, path, Options(ask=ask or self.yes, **options))

    def session(self, **options: Any) -> Session:
        return Session(self.market, Options(**{"ask": self.yes, **options}))

    def state(self) -> tuple[list[str], str, str]:
        """Return what a refusal leaves as it was: the store's files, the lock, the rules."""
        root = self.market.store.root
        files = [p for p in root.rglob("*") if p.is_file() and p.name != ".guard" and p.parent.name != "refs"]
        texts = [p.read_text() if p.exists() else "" for p in (self.market.lock, self.market.policy)]
        return sorted(str(p.relative_to(root)) for p in files), texts[0], texts[1]
