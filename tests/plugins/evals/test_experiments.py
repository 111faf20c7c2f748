"""Experiments end to end, with a scripted model in a host: run, cut off, gone on with, compared, gated, reported."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from lumosai import Agent
from lumosai_plugins.evals.command import EvalCommand
from lumosai_plugins.evals.experiments import Experiments
from lumosai_plugins.evals.live import NAMESPACE, Live, chosen
from lumosai_plugins.evals.web import Pages
from lumosai_sdk import ModelRequest, PluginContext, ToolCall
from lumosai_sdk.errors import (
    ConfigError,
    InputError,
    LumosError,
    ModelUnavailableError,
    NotFoundError,
    PermissionDeniedError,
)
from lumosai_sdk.testing.hosts import contribute, open_host
from lumosai_sdk.testing.manifest_check import disagreements
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.events import RunCompleted
from lumosai_sdk.types.http import HttpRequest
from lumosai_sdk.types.runs import RunRequest
from lumosai_sdk.types.scores import Sample, Score

ROWS = [
    {"id": "france", "input": "France?", "expected": "Paris"},
    {"id": "italy", "input": "Italy?", "expected": "Rome"},
    {"id": "mars", "input": "Mars?", "expected": "none"},
]
SETTINGS = {"judge": {"model": "test/judge"}, "live": {"sample": 1.0, "scorers": ["evals.answered", "evals.relevancy"]}}


class World:
    """A host with an agent ``geo``, and ``lumos eval`` in it."""

    def __init__(self, host: Any, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.host = host
        self.folder = folder
        self._capsys = capsys
        self.context = PluginContext("evals", settings=SETTINGS, base=folder, services=host.services)

    async def eval(self, *words: str) -> tuple[int, str]:
        """Run the command; return its exit code and what it printed."""
        command, parser = EvalCommand(self.context), ArgumentParser()
        command.add_arguments(parser)
        code = await command.run(parser.parse_args(words), self.context)
        return code, self._capsys.readouterr().out

    async def json(self, *words: str) -> Any:
        return json.loads((await self.eval(*words, "--json"))[1])

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)


class Model:
    """What the scripted model answers, which a test may change."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {"France?": "Paris", "Italy?": "Milan", "Mars?": ModelUnavailableError("down")}
        self.asked: list[str] = []
        self.gate: Callable[[str], Any] = lambda _: None

    async def __call__(self, request: ModelRequest) -> Any:
        text = request.messages[-1].text
        if request.model == "judge":
            return json.dumps({"verdicts": [{"statement": "x", "verdict": "yes", "reason": "so"}]})
        self.asked.append(text)
        if (wait := self.gate(text)) is not None:
            await wait
        answer = self.answers.get(text, text)
        if isinstance(answer, LumosError):
            raise answer
        return answer


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
async def world(tmp_path: Path, model: Model, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[World]:
    agents = [Agent("geo", model="test/x"), Agent("doer", model="test/tools", tools=["calculator.evaluate"])]
    agents.append(Agent("careful", model="test/x", tools=["calculator.evaluate"], approve=["*"]))
    plugins = {"evals": {"settings": SETTINGS}}
    async with open_host(tmp_path, ScriptedModel(model), agents=agents, plugins=plugins) as host:
        made = World(host, tmp_path, capsys)
        made.file("geo.jsonl", "\n".join(map(json.dumps, ROWS)))
        made.file("evals.toml", 'agent = "geo"\ndataset = "geo.jsonl"\nscorers = ["exact", "relevancy"]\n')
        yield made


def test_the_manifest_says_what_the_code_does() -> None:
    assert disagreements("lumosai_plugins.evals") == []


async def test_a_suite_is_run_and_everything_of_it_kept(world: World) -> None:
    told = await world.json("run")
    assert (told["status"], told["dataset"], told["summary"]["failed"]) == ("complete", "geo@1", 1)
    assert told["summary"]["scorers"]["evals.exact"]["mean"] == pytest.approx(1 / 3)
    assert told["summary"]["scorers"]["evals.relevancy"]["mean"] == pytest.approx(2 / 3)
    shown = await world.json("show", told["id"][:14], "--items")
    assert [r["item"] for r in shown["results"]] == ["france", "italy", "mars"]
    assert "down" in shown["results"][2]["error"]["message"]
    assert shown["results"][0]["scores"]["evals.relevancy"]["details"]["verdicts"][0]["reason"] == "so"
    record = await world.host.storage.get_run(shown["results"][1]["run_id"])
    assert (record.text, record.metadata["experiment"], record.metadata["item"]) == ("Milan", told["id"], "italy")
    assert [e["id"] for e in await world.json("list")] == [told["id"]]


async def test_what_is_printed_fits_a_terminal(world: World, model: Model) -> None:
    model.answers["France?"] = "\x1b[2J" + "very long " * 50
    await world.eval("run", "--note", "x" * 200)
    for words in (["show", "--items"], ["list"], ["compare", "latest"], ["scorers"], ["dataset", "list"]):
        text = (await world.eval(*words))[1]
        assert max(map(len, text.splitlines())) <= 80, text
        assert "\x1b" not in text


async def test_a_gate_ends_with_1(world: World) -> None:
    assert (await world.eval("run", "--fail-under", "0.5"))[0] == 0
    code, text = await world.eval("run", "--fail-under", "0.5", "--fail-under", "exact=0.4")
    assert code == 1
    assert "evals.exact: 0.333 is below 0.4" in text
    assert (await world.eval("run", "--scorer", "keywords", "--fail-under", "0.1"))[0] == 0 + 1, "no scores, no pass"


async def test_a_scorer_that_fails_is_told_and_passes_no_gate(world: World) -> None:
    class Broken:
        async def score(self, sample: Sample) -> Score:
            raise RuntimeError("oops")

    contribute(world.host, "scorer", "mine.broken", Broken())
    code, text = await world.eval("run", "--scorer", "mine.broken", "--scorer", "exact", "--fail-under", "0.1")
    assert code == 1
    assert "score: 2 scores could not be told" in text
    told = (await world.json("show", "--items"))["results"][0]["scores"]
    assert "oops" in told["mine.broken"]["error"]["message"]
    assert told["evals.exact"]["value"] == 1


ODD: list[Any] = [1.5, float("nan"), "1"]


@pytest.mark.parametrize("score", [*map(Score, ODD), Score(0.5, details={"x": {1}}), None, {"value": 1}])
async def test_what_is_no_score_is_told_and_nothing_else_lost(world: World, score: Any) -> None:
    class Odd:
        async def score(self, sample: Sample) -> Any:
            return score

    contribute(world.host, "scorer", "mine.odd", Odd())
    told = await world.json("run", "--scorer", "mine.odd", "--scorer", "exact")
    assert told["summary"]["scorers"]["mine.odd"]["failures"] == 2
    assert told["summary"]["scorers"]["evals.exact"]["failures"] == 0


async def test_details_that_are_too_large_are_not_kept(world: World) -> None:
    class Talker:
        async def score(self, sample: Sample) -> Score:
            return Score(0.5, "r" * 100_000, {"x": "y" * 100_000})

    contribute(world.host, "scorer", "mine.talker", Talker())
    await world.eval("run", "--scorer", "mine.talker")
    kept = (await world.json("show", "--items"))["results"][0]["scores"]["mine.talker"]
    assert (kept["value"], len(kept["reason"]), kept["details"]) == (0.5, 2000, {})


async def test_a_baseline_is_compared_with(world: World, model: Model) -> None:
    base = await world.json("run")
    model.answers["Italy?"] = "Rome"
    told = await world.json("run", "--baseline", base["id"])
    found = told["comparison"]["scorers"]["evals.exact"]
    assert (found["wins"], found["losses"], found["changed"]) == (1, 0, [{"item": "italy", "base": 0.0, "other": 1.0}])
    for place in model.answers:
        model.answers[place] = "dunno"
    rows = "\n".join(json.dumps({"input": "France?", "id": str(i), "expected": "Paris"}) for i in range(5))
    many = world.file("many.jsonl", rows)
    model.answers["France?"] = "Paris"
    good = await world.json("run", "--dataset", many)
    model.answers["France?"] = "dunno"
    code, text = await world.eval("run", "--dataset", many, "--baseline", good["id"])
    assert code == 1
    assert "surely worse" in text


async def test_runs_are_made_some_at_a_time(world: World, model: Model) -> None:
    busy, most = 0, 0

    async def counted() -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        busy -= 1

    model.gate = lambda _: counted()
    many = world.file("many.jsonl", "\n".join(json.dumps({"input": f"n{i}"}) for i in range(12)))
    await world.eval("run", "--dataset", many, "--scorer", "answered", "--concurrency", "3")
    assert len(model.asked) == 12
    assert most == 3


async def test_what_was_cut_off_goes_on_and_repeats_nothing(world: World, model: Model) -> None:
    reached = asyncio.Event()

    async def stuck() -> None:
        reached.set()
        await asyncio.Event().wait()

    model.gate = lambda text: stuck() if text == "Italy?" else None
    task = asyncio.create_task(world.eval("run", "--concurrency", "1"))
    await reached.wait()
    task.cancel()
    await asyncio.wait([task])
    told = (await world.json("list"))[0]
    assert (told["status"], told["summary"]["items"]) == ("incomplete", 1)
    assert f"--resume {told['id']}" in (await world.eval("show"))[1]
    model.gate = lambda _: None
    done = await world.json("run", "--resume", told["id"])
    assert (done["id"], done["status"], done["summary"]["items"]) == (told["id"], "complete", 3)
    assert model.asked.count("France?") == 1


async def test_a_run_whose_result_was_lost_is_not_paid_for_again(world: World, model: Model) -> None:
    told = await world.json("run")
    kv = world.host.services.kv()
    await kv.kv_delete("evals.experiments", f"r/{told['id']}/00001")
    await kv.kv_delete("evals.experiments", f"s/{told['id']}")
    done = await world.json("run", "--resume", told["id"])
    assert done["summary"]["scorers"] == told["summary"]["scorers"]
    assert model.asked.count("Italy?") == 1


async def test_an_experiment_keeps_to_the_items_it_began_with(world: World) -> None:
    told = await world.json("run")
    world.file("geo.jsonl", json.dumps(ROWS[0]))
    assert (await world.json("run"))["dataset"] == "geo@2"
    assert (await world.json("run", "--resume", told["id"]))["items"] == 3
    with pytest.raises(InputError, match="stay as they are"):
        await world.eval("run", "--resume", told["id"], "--agent", "doer")


async def test_tool_calls_of_an_agent_are_scored(world: World, model: Model) -> None:
    call = ToolCall("1", "calculator_evaluate", '{"expression": "6*7"}')
    model.answers |= {"6*7?": call, "42": "It is 42."}
    expected = {"tools": [{"name": "calculator.evaluate", "arguments": {"expression": "6*7"}}], "contains": "42"}
    path = world.file("sums.jsonl", json.dumps({"input": "6*7?", "expected": expected}))
    words = ["run", "--agent", "doer", "--dataset", path, "--scorer", "tool_calls", "--scorer", "contains"]
    told = await world.json(*words, "--scorer", "faithfulness")
    assert {s: v["mean"] for s, v in told["summary"]["scorers"].items()} == {
        "evals.tool_calls": 1.0,
        "evals.contains": 1.0,
        "evals.faithfulness": 1.0,
    }, "what tools told is the context"


@pytest.mark.parametrize(
    ("words", "error", "why"),
    [
        (["run", "--agent", "goe"], NotFoundError, "geo"),
        (["run", "--scorer", "exakt"], NotFoundError, "evals.exact"),
        (["run", "--dataset", "nothing"], NotFoundError, "dataset"),
        (["run", "--dataset", "no.csv"], InputError, "cannot be read"),
        (["run", "--fail-under", "2"], ConfigError, "from 0 to 1"),
        (["run", "--fail-under", "bias=0.5"], InputError, "not among the scorers"),
        (["run", "--concurrency", "1000"], InputError, "concurrency"),
        (["run", "--baseline", "e9"], NotFoundError, "experiment"),
        (["show"], NotFoundError, "experiment"),
        (["dataset", "export", "geo", "x.txt"], InputError, "csv or"),
    ],
)
async def test_what_cannot_be_done_is_told_before_anything_is_run(
    world: World, model: Model, words: list[str], error: type[LumosError], why: str
) -> None:
    with pytest.raises(error, match=why):
        await world.eval(*words)
    assert not model.asked


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('agnet = "x"', "there is no 'agnet'"),
        ("agent = 1", "agent must be str"),
        ("scorers = [1]", "ids of scorers"),
        ("[fail_under]\nscore = 7", "from 0 to 1"),
        ("x = ", "is not TOML"),
        ('dataset = "geo.jsonl"\nscorers = ["exact"]', "which agent"),
    ],
)
async def test_a_suite_says_what_is_wrong_with_it(world: World, text: str, why: str) -> None:
    with pytest.raises(LumosError, match=why):
        await world.eval("run", world.file("odd.toml", text))


async def test_datasets_by_the_command(world: World) -> None:
    path = str(world.folder / "geo.jsonl")
    assert "geo@1: 3 items" in (await world.eval("dataset", "import", path))[1]
    table = world.folder / "out.csv"
    await world.eval("dataset", "export", "geo", str(table))
    assert (await world.json("dataset", "import", str(table), "--name", "geo"))["number"] == 1, "the same items"
    assert "Italy?" in (await world.eval("dataset", "show", "geo@1"))[1]
    assert [v["name"] for v in await world.json("dataset", "list")] == ["geo"]
    assert len(await world.json("dataset", "versions", "geo")) == 1
    assert "geo is deleted" in (await world.eval("dataset", "delete", "geo"))[1]
    assert "no datasets" in (await world.eval("dataset", "list"))[1]


async def test_a_report_is_written_and_an_experiment_deleted(world: World, model: Model) -> None:
    model.answers["France?"] = "<script>alert(1)</script>"
    base = await world.json("run")
    await world.eval("run")
    out = world.folder / "report.html"
    await world.eval("report", "--out", str(out), "--baseline", base["id"])
    assert "&lt;script&gt;alert(1)" in out.read_text()
    await world.eval("delete", base["id"])
    assert len(await world.json("list")) == 1
    assert await world.host.storage.get_run(f"{base['id']}-00000") is not None


async def test_live_runs_are_scored_in_the_background(world: World) -> None:
    live = Live(world.context)
    done = await world.host.run("geo", "France?")
    tried = await world.host.services.run(RunRequest("geo", "Italy?", metadata={"experiment": "e1"}))
    await live.export([RunCompleted(run_id=r, agent="geo") for r in (done.run_id, tried.run_id, "gone")])
    await live.join()
    kv = world.host.services.kv()
    rows = [await kv.kv_get(NAMESPACE, k) for k in await kv.kv_keys(NAMESPACE)]
    assert [(r["run_id"], r["input"], r["output"]) for r in rows] == [(done.run_id, "France?", "Paris")]
    assert {s: v["value"] for s, v in rows[0]["scores"].items()} == {"evals.answered": 1.0, "evals.relevancy": 1.0}
    await live.aclose()


async def test_a_host_scores_its_live_runs(tmp_path: Path, model: Model) -> None:
    options: Any = {"host": {"monitors": ["evals.live"]}, "plugins": {"evals": {"settings": SETTINGS}}}
    async with open_host(tmp_path, ScriptedModel(model), agents=[Agent("geo", model="test/x")], **options) as host:
        await host.run("geo", "France?")
        kv = host.services.kv()
        async with asyncio.timeout(20):
            while not await kv.kv_keys(NAMESPACE):  # noqa: ASYNC110 - storage has no event for it
                await asyncio.sleep(0.01)


async def test_live_scoring_never_holds_more_than_its_queue(world: World, caplog: pytest.LogCaptureFixture) -> None:
    settings = {"live": {"sample": 1.0, "queue": 3, "agents": ["ge*"]}}
    live = Live(PluginContext("evals", settings=settings, services=world.host.services))
    await live.export([RunCompleted(run_id=str(i), agent="geo" if i % 2 else "other") for i in range(20)])
    assert live.dropped == 7
    assert caplog.text.count("cannot keep up") == 1
    await live.aclose()


async def test_only_so_many_live_scores_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lumosai_plugins.evals.live._TRIMMED_AFTER", 4)
    live = Live(PluginContext("evals", settings={"live": {"sample": 1.0, "keep": 3}}, services=world.host.services))
    for i in range(8):
        done = await world.host.run("geo", f"n{i}")
        await live.export([RunCompleted(run_id=done.run_id, agent="geo")])
        await live.join()
    kv = world.host.services.kv()
    rows = [await kv.kv_get(NAMESPACE, k) for k in await kv.kv_keys(NAMESPACE)]
    assert sorted(r["input"] for r in rows) == ["n5", "n6", "n7"]


async def test_a_run_that_waits_for_a_person_has_failed(world: World, model: Model) -> None:
    model.answers["go"] = ToolCall("1", "calculator_evaluate", '{"expression": "1"}')
    path = world.file("one.jsonl", json.dumps({"input": "go"}))
    told = await world.json("run", "--agent", "careful", "--dataset", path, "--scorer", "answered")
    assert (told["summary"]["failed"], told["summary"]["score"]) == (1, 0.0)


def test_the_sample_is_the_share_it_says() -> None:
    many = [f"run_{i}" for i in range(5000)]
    assert 400 < sum(chosen(r, 0.1) for r in many) < 600
    assert (sum(chosen(r, 0) for r in many), sum(chosen(r, 1) for r in many)) == (0, 5000)


async def ask(world: World, path: str, principal: Principal | None = None, **query: str) -> Any:
    who = principal or Principal("ada", scopes=frozenset({"evals.read"}))
    return (await Pages(world.context).handle(HttpRequest("GET", path, query, principal=who))).body


async def test_results_over_http(world: World) -> None:
    first, second = await world.json("run"), await world.json("run")
    listed = await ask(world, "/experiments", limit="1")
    assert [e["id"] for e in listed["experiments"]] == [second["id"]]
    assert len((await ask(world, f"/experiments/{first['id']}"))["results"]) == 3
    found = await ask(world, f"/compare/{first['id']}/{second['id']}")
    assert found["scorers"]["evals.exact"]["ties"] == 3
    assert (await ask(world, f"/report/{first['id']}")).startswith("<!doctype html>")
    assert await ask(world, "/live") == {"scores": []}
    page = await ask(world, f"/experiments/{first['id']}", limit="2")
    assert ([r["item"] for r in page["results"]], page["next"]) == (["france", "italy"], 2)
    rest = await ask(world, f"/experiments/{first['id']}", after="2")
    assert ([r["item"] for r in rest["results"]], rest["next"]) == (["mars"], None)
    for limit in ("-1", "101", "x", "9" * 50, "\u0663"):
        with pytest.raises(InputError):
            await ask(world, "/experiments", limit=limit)
    with pytest.raises(NotFoundError):
        await ask(world, "/experiments/..")


async def test_results_are_not_for_everybody(world: World) -> None:
    for path in ("/experiments", "/live", "/report/latest"):
        with pytest.raises(PermissionDeniedError, match="owner"):
            await ask(world, path, Principal("eve", scopes=frozenset({"agent.run", "route.call"})))


async def test_ids_may_be_cut_short_but_not_guessed(world: World) -> None:
    kept = Experiments(world.host.services.kv())
    for _ in range(2):
        await world.eval("run", "--scorer", "exact")
    with pytest.raises(InputError, match="2 experiments begin"):
        await kept.find("e")
    with pytest.raises(NotFoundError):
        await kept.find("")
