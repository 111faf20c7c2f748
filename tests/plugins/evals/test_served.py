"""The plugin in a service, and what monitors of any plugin must do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from lumosai import Agent
from lumosai.gateway.app import create_app
from lumosai_plugins.evals.api import evaluate
from lumosai_plugins.evals.datasets import Datasets
from lumosai_plugins.evals.experiments import Experiment, Experiments
from lumosai_plugins.evals.items import Item
from lumosai_plugins.evals.live import Live
from lumosai_plugins.evals.trying import Trial
from lumosai_sdk import PluginContext
from lumosai_sdk.errors import ModelError
from lumosai_sdk.testing.conformance.monitor import MonitorConformance
from lumosai_sdk.testing.hosts import open_host
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.scores import Sample

ATTACK = "<script>alert(1)</script>"


class TestLive(MonitorConformance):
    @pytest.fixture
    async def monitor(self) -> AsyncIterator[Any]:
        live = Live(PluginContext("evals", settings={"live": {"sample": 1.0, "queue": 10}}))
        yield live
        await live.aclose()


async def _tried(services: Any) -> str:
    items = (Item("a", ATTACK, ATTACK),)
    version = await Datasets(services.kv()).put("qa", items)
    experiment = Experiment.new("geo", version, ["evals.exact"])
    await Experiments(services.kv()).put(experiment)
    await Trial(services, experiment, items, 10.0).run(1, lambda _: None)
    return experiment.id


async def test_results_in_the_api(tmp_path: Path) -> None:
    agents = [Agent("geo", model="scripted/echo")]
    async with open_host(tmp_path, ScriptedModel("x"), agents=agents) as host:
        made = await _tried(host.services)
        transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            listed = (await client.get("/plugins/evals/experiments")).json()
            assert [(e["id"], e["summary"]["score"]) for e in listed["experiments"]] == [(made, 1.0)]
            told = (await client.get(f"/plugins/evals/experiments/{made}")).json()
            assert told["results"][0]["output"] == ATTACK
            page = await client.get(f"/plugins/evals/report/{made}")
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert "sandbox" in page.headers["content-security-policy"]
            assert ATTACK not in page.text
            found = (await client.get(f"/plugins/evals/compare/{made}/{made}")).json()
            assert found["scorers"]["evals.exact"]["difference"] == 0
            assert (await client.get("/plugins/evals/experiments/none")).status_code == httpx2.codes.NOT_FOUND
            assert (await client.get("/plugins/evals/live")).json() == {"scores": []}


async def test_an_experiment_in_one_call(tmp_path: Path) -> None:
    settings = {"evals": {"settings": {"embedding": "scripted/words"}}}
    agents = [Agent("parrot", model="scripted/echo")]
    async with open_host(tmp_path, ScriptedModel("x"), agents=agents, plugins=settings) as host:
        rows = [{"input": "red apples and pears", "expected": "apples"}, {"input": "boats", "expected": "a grey cat"}]
        found = await evaluate(host.services, "parrot", {"qa": rows}, ["semantic", "contains"])
        near, far = (r["scores"]["evals.semantic"]["value"] for r in found["results"])
        assert near > far
        again = await evaluate(host.services, "parrot", "qa@1", ["contains"], note="once more")
        assert (again["status"], again["summary"]["score"], again["note"]) == ("complete", 0.5, "once more")


async def test_the_embedded_model_tells_meanings_apart(tmp_path: Path) -> None:
    async with open_host(tmp_path, ScriptedModel("x")) as host:
        try:
            await host.embed(["hello"], model="local/minilm")
        except ModelError as e:
            pytest.skip(f"the embedded model is not here: {e.message}")
        same = Sample("", "You get your money back within two weeks.", "Refunds take 14 days.")
        other = Sample("", "Our office is in Lyon.", "Refunds take 14 days.")
        near, far = [(await host.services.score("evals.semantic", s)).value for s in (same, other)]
        assert near > far + 0.2
