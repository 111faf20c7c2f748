"""What the peers' services take and give: pydantic models, as FastAPI's users write them."""
# mypy: ignore-errors
# The peers live in bench/.venv-peers, where the project's type checker does not look.

from __future__ import annotations

from pydantic import BaseModel


class Ask(BaseModel):
    """What the agent is asked."""

    input: str


class Answer(BaseModel):
    """What it said, in which run."""

    run_id: str
    status: str
    text: str
