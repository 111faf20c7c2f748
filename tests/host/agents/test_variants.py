"""Agents that are different for some requests."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lumosai import Agent
from lumosai.agents.agent import Agent as HostAgent
from lumosai.config.load import build
from lumosai_sdk import Principal, ToolCall
from lumosai_sdk.errors import ConfigError, LumosError
from lumosai_sdk.types.runs import Decision, RunRequest

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost
    from lumosai_sdk.testing.scripted import ScriptedModel

SUPPORT: dict[str, Any] = {
    "instructions": "Be brief.",
    "model": "test/small",
    "variants": [
        {"when": {"tenant": ["acme*"], "metadata": {"tier": "pro"}}, "model": "test/large", "tools": ["time.now"]},
        {"when": {"person": ["ada"]}, "instructions": "Call her Ada."},
        {"when": {"metadata": {"beta": True}}, "model": ["test/beta", "test/small"]},
    ],
}


def who(person: str = "bob", tenant: str = "default") -> Principal:
    return Principal(person, tenant, frozenset({"*"}))


@pytest.mark.parametrize(
    ("principal", "metadata", "model", "instructions"),
    [
        (who(), {}, "small", "Be brief."),
        (who(tenant="acme-eu"), {"tier": "pro"}, "large", "Be brief."),
        (who(tenant="acme-eu"), {"tier": "free"}, "small", "Be brief."),
        (who(tenant="other"), {"tier": "pro"}, "small", "Be brief."),
        (who("ada"), {}, "small", "Call her Ada."),
        (who("ada", "acme"), {"tier": "pro"}, "large", "Be brief."),
        (who(), {"beta": True}, "beta", "Be brief."),
        (who(), {"beta": 1}, "small", "Be brief."),
        (who(), {"beta": "true"}, "small", "Be brief."),
    ],
)
async def test_the_first_variant_that_fits_answers(
    lumos_host: OpenHost,
    scripted_model: ScriptedModel,
    principal: Principal,
    metadata: dict[str, Any],
    model: str,
    instructions: str,
) -> None:
    scripted_model.script("hello")
    async with lumos_host() as host:
        host.add(HostAgent.from_config("support", build({"agents": {"support": SUPPORT}}).agents["support"]))
        await host.run("support", "Hi", principal=principal, metadata=metadata)
    request = scripted_model.last
    assert request.model == model
    assert request.messages[0].text == instructions
    assert [t.id for t in request.tools] == (["time_now"] if model == "large" else [])


@pytest.mark.parametrize(
    ("variant", "why"),
    [
        ({"when": {"tenant": ["a"]}}, "variant 1 changes nothing"),
        ({"model": "test/x"}, "when"),
        ({"when": {"scope": ["a"]}, "model": "test/x"}, "unknown key"),
        ({"when": {"metadata": {"a": {"b": 1}}}, "model": "test/x"}, "metadata"),
    ],
)
def test_what_is_no_variant_is_refused(variant: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        HostAgent.from_config("a", build({"agents": {"a": {"variants": [variant]}}}).agents["a"])


async def test_a_function_makes_the_agent_of_a_request(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    def by_language(agent: Agent, request: RunRequest) -> Agent:
        language = request.metadata.get("language", "English")
        return replace(agent, instructions=f"{agent.instructions} Answer in {language}.")

    agent = Agent("guide", model="test/m", instructions="Be brief.", adapt=by_language)
    scripted_model.script("Hei")
    async with lumos_host(agents=[agent]) as host:
        for language in ("Norwegian", "Sami", "Norwegian"):
            await host.run("guide", "Hi", metadata={"language": language})
            assert scripted_model.last.messages[0].text == f"Be brief. Answer in {language}."
        await host.run("guide", "Hi")
        assert scripted_model.last.messages[0].text == "Be brief. Answer in English."
        plans = host.planner._plans["guide"]
        assert len(plans) == 3, "equal agents share what is worked out for them"


@pytest.mark.parametrize("wrong", ["fails", "renames"])
async def test_a_function_that_goes_wrong_ends_the_run(lumos_host: OpenHost, wrong: str) -> None:
    def adapt(agent: Agent, request: RunRequest) -> Agent:
        if wrong == "fails":
            raise KeyError("tenant")
        return Agent("another", model=agent.model)

    async with lumos_host(agents=[Agent("a", model="test/m", adapt=adapt)]) as host:
        with pytest.raises(LumosError, match=r"its adapt (failed: KeyError|returned another agent, 'another')"):
            await host.run("a", "Hi")


async def test_a_resumed_run_goes_on_as_it_began(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    """Whoever gives leave: the variant is its owner's, and its metadata's."""
    scripted_model.script([ToolCall("1", "wipe", "{}"), "done"])

    async def wipe() -> str:
        """Wipe a disk."""
        return "wiped"

    def adapt(agent: Agent, request: RunRequest) -> Agent:
        mine = request.principal.tenant == "acme" and request.metadata == {"k": 1}
        return replace(agent, model="test/acme", tools=[wipe], approve=["wipe"]) if mine else agent

    async with lumos_host(agents=[Agent("a", model="test/m", adapt=adapt)]) as host:
        run = await host.run("a", "Hi", principal=who(tenant="acme"), metadata={"k": 1})
        assert run.status == "suspended"
        boss = who("boss", "head-office")
        result = await host.resume(run.run_id, {run.pending[0].call_id: Decision()}, principal=boss)
    assert result.text == "done"
    assert scripted_model.last.model == "acme"


async def test_a_thousand_variants_do_not_fill_the_memory(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script("hello")

    def adapt(agent: Agent, request: RunRequest) -> Agent:
        return replace(agent, instructions=str(request.metadata["n"]))

    async with lumos_host(agents=[Agent("a", model="test/m", adapt=adapt)]) as host:
        for n in range(200):
            await host.run("a", "Hi", metadata={"n": n})
        assert len(host.planner._plans["a"]) <= 64
