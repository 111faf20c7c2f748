"""FastAPI + langgraph: a graph with langgraph's own asynchronous SQLite checkpointer, a thread for each run.

``BENCH_TOOL=1``: langchain's `create_agent` with one tool; otherwise a `StateGraph` of one node, which is cheaper.
``BENCH_DURABILITY``: when checkpoints are written (langgraph's ``async``, ``sync`` or ``exit``).
"""
# mypy: ignore-errors
# The peers live in bench/.venv-peers, where the project's type checker does not look.

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import aiosqlite
from fastapi import FastAPI
from langchain.agents import create_agent
from langchain_core.messages import SystemMessage
from langchain_core.tools import tool
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, MessagesState, StateGraph

from bench.load.shapes import Answer, Ask
from bench.protocol import CITY, INSTRUCTIONS, TOOL_DESCRIPTION, TOOL_NAME, TOOL_RESULT
from bench.subjects.langgraph import Instant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from langgraph.graph.state import CompiledStateGraph

DURABILITY = os.environ.get("BENCH_DURABILITY", "async")


@tool(TOOL_NAME, description=TOOL_DESCRIPTION)
async def weather(city: str) -> str:
    """Return the fixed report."""
    return TOOL_RESULT if city == CITY else "unknown"


def graph(saver: AsyncSqliteSaver) -> CompiledStateGraph:
    """Return the compiled agent."""
    if os.environ.get("BENCH_TOOL") == "1":
        return create_agent(Instant(), [weather], system_prompt=INSTRUCTIONS, checkpointer=saver)
    model, system = Instant(), SystemMessage(INSTRUCTIONS)

    async def answer(state: MessagesState) -> dict[str, object]:
        return {"messages": [await model.ainvoke([system, *state["messages"]])]}

    builder = StateGraph(MessagesState)
    builder.add_node("model", answer)
    builder.add_edge(START, "model")
    builder.add_edge("model", END)
    return builder.compile(checkpointer=saver)


@asynccontextmanager
async def opened(app: FastAPI) -> AsyncIterator[None]:
    """Open the database as LumosAI opens its own: a write-ahead log, no flush of the disk a commit."""
    async with aiosqlite.connect(os.environ["BENCH_DATABASE"], timeout=60) as connection:
        await connection.execute("PRAGMA synchronous = NORMAL")
        saver = AsyncSqliteSaver(connection)
        await saver.setup()
        app.state.graph = graph(saver)
        yield


app = FastAPI(lifespan=opened)


@app.get("/readyz")
async def ready() -> dict[str, bool]:
    """Tell that requests are answered."""
    return {"ready": True}


@app.post("/runs")
async def run(ask: Ask) -> Answer:
    """Run the agent on a thread of its own."""
    run_id = uuid4().hex
    state = await app.state.graph.ainvoke(
        {"messages": [("user", ask.input)]}, {"configurable": {"thread_id": run_id}}, durability=DURABILITY
    )
    return Answer(run_id=run_id, status="completed", text=state["messages"][-1].content)
