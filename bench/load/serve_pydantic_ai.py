"""FastAPI + pydantic-ai: one `Agent`; run, messages and events of each run in SQLite, one transaction, one thread.

pydantic-ai keeps no record of its own. This one is written as its documentation keeps a chat: messages by
`all_messages_json`. A thread with one connection was cheaper than aiosqlite, whose every statement is a hop.
``BENCH_TOOL=1``: with one tool.
"""
# mypy: ignore-errors
# The peers live in bench/.venv-peers, where the project's type checker does not look.

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from fastapi import FastAPI
from pydantic_ai import Agent
from pydantic_ai.models.function import FunctionModel

from bench.load.shapes import Answer, Ask
from bench.protocol import CITY, INSTRUCTIONS, TOOL_DESCRIPTION, TOOL_NAME, TOOL_RESULT
from bench.subjects.pydantic_ai import instant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pydantic_ai.run import AgentRunResult

TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, status TEXT, created_at REAL, text TEXT, messages TEXT);
CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, run_id TEXT, stored_at REAL, data TEXT);
CREATE INDEX IF NOT EXISTS events_run ON events (run_id);
"""

agent = Agent(FunctionModel(instant), instructions=INSTRUCTIONS, name="bench")
if os.environ.get("BENCH_TOOL") == "1":

    @agent.tool_plain(name=TOOL_NAME, description=TOOL_DESCRIPTION)
    async def weather(city: str) -> str:
        """Return the fixed report."""
        return TOOL_RESULT if city == CITY else "unknown"


class Record:
    """The database, written by one thread."""

    def __init__(self, path: str) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._connection = sqlite3.connect(path, timeout=60, check_same_thread=False)
        self._connection.executescript(TABLES)

    async def keep(self, run_id: str, result: AgentRunResult[str]) -> None:
        """Return when the run is recorded."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._keep, run_id, result)

    def _keep(self, run_id: str, result: AgentRunResult[str]) -> None:
        now = time.time()
        kinds = [part.part_kind for message in result.new_messages() for part in message.parts]
        events = [{"run_id": run_id, "seq": seq, "type": kind, "at": now} for seq, kind in enumerate(kinds)]
        with self._connection as connection:
            row = (run_id, "completed", now, result.output, result.all_messages_json())
            connection.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", row)
            connection.execute(
                "INSERT INTO events (run_id, stored_at, data) VALUES (?, ?, ?)", (run_id, now, json.dumps(events))
            )

    def close(self) -> None:
        """Close the database after its last transaction."""
        self._thread.shutdown()
        self._connection.close()


@asynccontextmanager
async def opened(app: FastAPI) -> AsyncIterator[None]:
    """Open agent and database."""
    record = Record(os.environ["BENCH_DATABASE"])
    app.state.record = record
    async with agent:
        yield
    record.close()


app = FastAPI(lifespan=opened)


@app.get("/readyz")
async def ready() -> dict[str, bool]:
    """Tell that requests are answered."""
    return {"ready": True}


@app.post("/runs")
async def run(ask: Ask) -> Answer:
    """Run the agent and record it."""
    run_id = uuid4().hex
    result = await agent.run(ask.input)
    await app.state.record.keep(run_id, result)
    return Answer(run_id=run_id, status="completed", text=result.output)
