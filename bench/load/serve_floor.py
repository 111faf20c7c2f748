"""FastAPI alone: the same request, checked, and a constant answer. What the stack costs before there is an agent."""
# mypy: ignore-errors
# The peers live in bench/.venv-peers, where the project's type checker does not look.

from __future__ import annotations

from fastapi import FastAPI

from bench.load.shapes import Answer, Ask
from bench.protocol import ANSWER

app = FastAPI()


@app.get("/readyz")
async def ready() -> dict[str, bool]:
    """Tell that requests are answered."""
    return {"ready": True}


@app.post("/runs")
async def run(ask: Ask) -> Answer:
    """Answer without a run."""
    return Answer(run_id="run_0", status="completed", text=ANSWER if ask.input else "")
