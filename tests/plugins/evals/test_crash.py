"""An experiment whose process is killed goes on in another one, and pays for nothing twice."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from lumosai import Agent
from lumosai_plugins.evals.datasets import Datasets
from lumosai_plugins.evals.experiments import Experiment, Experiments
from lumosai_plugins.evals.items import Item
from lumosai_plugins.evals.trying import Trial
from lumosai_sdk.testing.hosts import open_host
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.models import ModelRequest

ITEMS = tuple(Item(str(i), f"n{i}", f"n{i}") for i in range(4))
STORED: Any = {"storage": {"use": "sqlite"}}
GEO = Agent("geo", model="test/x")
CHILD = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
import test_crash
asyncio.run(test_crash.child(sys.argv[2]))
"""


async def trial(host: Any, experiment: Experiment) -> list[Any]:
    return await Trial(host.services, experiment, ITEMS, 10.0).run(1, lambda _: None)


async def child(folder: str) -> None:
    async def hangs(request: ModelRequest) -> str:
        if request.messages[-1].text == "n2":
            sys.stdout.write("here\n")
            sys.stdout.flush()
            await asyncio.Event().wait()
        return request.messages[-1].text

    async with open_host(Path(folder), ScriptedModel(hangs), agents=[GEO], **STORED) as host:
        version = await Datasets(host.services.kv()).put("qa", ITEMS)
        experiment = Experiment.new("geo", version, ["evals.exact"])
        await Experiments(host.services.kv()).put(experiment)
        await trial(host, experiment)


async def test_a_killed_experiment_goes_on(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(Path(__file__).parent), str(tmp_path)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"here\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    asked: list[str] = []

    def answers(request: ModelRequest) -> str:
        asked.append(request.messages[-1].text)
        return asked[-1]

    async with open_host(tmp_path, ScriptedModel(answers), agents=[GEO], **STORED) as host:
        experiment = await Experiments(host.services.kv()).find("latest")
        results = await trial(host, experiment)
    assert [(r["item"], r["scores"]["evals.exact"]["value"]) for r in results] == [(i.id, 1.0) for i in ITEMS]
    assert asked == ["n2", "n3"]
    assert results[2]["run_id"].startswith(f"{experiment.id}-00002")
