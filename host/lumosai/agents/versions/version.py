"""A version of an agent: its table in ``lumos.toml`` as it was, is, or may come to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from lumosai.agents.agent import Agent
from lumosai.config.model import AgentConfig
from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    from typing import Self

MARK: Final = "@"
"""What parts an agent's id from a version's number, as in ``assistant@3``: no id of a configured agent has it."""
_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an agent, counted from 1. ``table`` never changes.

    It is a draft until it has ``published_at`` (seconds since the epoch): then it has once held.
    """

    agent: str
    number: int
    table: Mapping[str, Any]
    created_at: float
    author: str = ""
    note: str = ""
    published_at: float | None = None

    @property
    def id(self) -> str:
        """What a run names to be answered by this version."""
        return f"{self.agent}{MARK}{self.number}"

    def to_agent(self) -> Agent:
        """Return the agent that it describes, under the version's id. Raises ConfigError where it fits no more."""
        try:
            config = AgentConfig(**self.table)
        except ValidationError as e:
            wrong = "; ".join(f"{'.'.join(map(str, d['loc']))}: {d['msg']}" for d in e.errors(include_url=False)[:3])
            raise ConfigError(
                f"{self.id}: this version does not fit this release: {wrong}", hint=f"lumos agents draft {self.agent}"
            ) from None
        return Agent.from_config(self.id, config, version_of=self.agent)

    def view(self, state: str) -> dict[str, Any]:
        """Return it as listings show it, without its table."""
        return {
            "id": self.id,
            "agent": self.agent,
            "number": self.number,
            "state": state,
            "author": self.author,
            "note": self.note,
            "created_at": self.created_at,
            "published_at": self.published_at,
        }

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return what was kept."""
        return cls(**data)


def parted(version_id: str) -> tuple[str, int] | None:
    """Return agent and number of a version's id, None for what is none."""
    agent, mark, number = version_id.rpartition(MARK)
    counted = mark and number.isascii() and number.isdigit() and len(number) <= _DIGITS
    return (agent, int(number)) if agent and counted else None
