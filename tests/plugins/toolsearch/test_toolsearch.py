"""Agents with many tools: what their models are shown, and what a search finds."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai_plugins.toolsearch.find import Find
from lumosai_plugins.toolsearch.ranking import Ranking, words_of
from lumosai_plugins.toolsearch.settings import Settings
from lumosai_plugins.toolsearch.showing import FIND, Shown
from lumosai_sdk import Message, PluginContext, ToolCall, ToolContext, ToolError, tool
from lumosai_sdk.testing.hosts import open_host
from lumosai_sdk.testing.manifest_check import disagreements
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.tools import ToolSpec

VERBS = ("create", "delete", "list", "update")
NOUNS = ("invoice", "calendar event", "customer", "parcel", "password", "photo", "tax report", "server", "ticket")


def made(verb: str, noun: str) -> Any:
    async def act() -> str:
        return f"{verb} {noun}: done"

    return tool(id=f"{verb}_{noun.replace(' ', '_')}", description=f"{verb.title()} a {noun}.")(act)


TOOLS = [made(verb, noun) for verb in VERBS for noun in NOUNS]
SPECS = [t.spec for t in TOOLS]


def test_the_manifest_says_what_the_code_does() -> None:
    assert disagreements("lumosai_plugins.toolsearch") == []


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("make a new calendar event", "create_calendar_event"),
        ("please delete that invoice", "delete_invoice"),
        ("listing customers", "list_customer"),
        ("updatePassword", "update_password"),
    ],
)
def test_what_fits_best_comes_first(text: str, best: str) -> None:
    assert best in Ranking(SPECS).best(text, 2)


def test_what_fits_nothing_finds_nothing() -> None:
    ranking = Ranking(SPECS)
    assert ranking.best("zebra", 5) == ()
    assert ranking.best("", 5) == ()
    assert Ranking([]).best("anything", 5) == ()


@given(st.text(max_size=200))
def test_any_text_is_a_query(text: str) -> None:
    found = Ranking(SPECS).best(text, 3)
    assert len(found) <= 3
    assert set(found) <= {s.id for s in SPECS}


def test_a_name_is_read_as_its_words() -> None:
    assert words_of("createCalendarEvents") == words_of("create_calendar_event")


def shown(**settings: Any) -> Shown:
    return Shown(Settings.of({"threshold": 20, "suggested": 4, **settings}))


def names(tools: Any) -> set[str]:
    return {t.id for t in tools}


def test_few_tools_are_shown_as_they_are() -> None:
    few = SPECS[:3]
    assert shown().pick("r", few, [Message.user("hello")]) is few


def test_an_agent_that_may_not_search_is_shown_all() -> None:
    assert shown().pick("r", SPECS, [Message.user("hello")]) is SPECS


def test_of_many_those_are_shown_that_fit_what_was_said() -> None:
    tools = [ToolSpec(FIND), *SPECS]
    picked = names(shown(always=["list.ticket", "update_s*"]).pick("r", tools, [Message.user("delete the photo")]))
    assert {FIND, "delete_photo", "list_ticket", "update_server"} <= picked
    assert len(picked) <= 7


def test_what_was_searched_for_and_what_was_called_stays_shown() -> None:
    """Worked out from the calls alone: after a restart there is nothing else, and a result may say anything."""
    tools = [ToolSpec(FIND), *SPECS]
    said = [
        Message.user("hello"),
        Message("assistant", "", (ToolCall("1", FIND, json.dumps({"query": "tax report"})),)),
        Message.tool("1", '{"tools": [{"name": "delete_server", "description": ""}]}'),
        Message("assistant", "", (ToolCall("2", "list_parcel", "{}"), ToolCall("3", FIND, "not json"))),
    ]
    picked = names(shown().pick("r", tools, said))
    assert {"create_tax_report", "list_parcel"} <= picked
    assert "delete_server" not in picked


async def test_a_search_is_among_the_tools_of_its_own_run() -> None:
    those = shown()
    those.pick("mine", [ToolSpec(FIND), *SPECS], [Message.user("x")])
    find = Find(PluginContext("toolsearch", settings={"threshold": 20}))
    found: Any = await find.call({"query": "photo"}, ToolContext(run_id="mine"))
    assert {t["name"] for t in found} == {f"{v}_photo" for v in VERBS}
    with pytest.raises(ToolError, match="no tool fits"):
        await find.call({"query": "zebra"}, ToolContext(run_id="mine"))
    with pytest.raises(ToolError, match="shown all"):
        await find.call({"query": "photo"}, ToolContext(run_id="another"))


def agent(**more: Any) -> Any:
    from lumosai import Agent

    return Agent("clerk", model="test/x", tools=[*TOOLS, "toolsearch.find"], **more)


ON = {"toolsearch": {"settings": {"threshold": 20, "suggested": 2}}}


async def test_a_model_searches_and_then_calls_what_it_found(tmp_path: Path) -> None:
    model = ScriptedModel(
        [ToolCall("1", FIND, json.dumps({"query": "tax report"})), ToolCall("2", "update_tax_report", "{}"), "Updated."]
    )
    async with open_host(tmp_path, model, agents=[agent()], plugins=ON) as host:
        result = await host.run("clerk", "Something with the revenue office")
    assert result.text == "Updated."
    first, second, third = (names(r.tools) for r in model.requests)
    assert first == {FIND}
    assert "update_tax_report" in second & third
    assert "update tax report: done" in [m.text for m in result.messages]


async def test_tools_that_were_not_shown_still_wait_for_leave(tmp_path: Path) -> None:
    model = ScriptedModel([ToolCall("1", "delete_server", "{}"), "Deleted."])
    async with open_host(tmp_path, model, agents=[agent(approve=["delete_*"])], plugins=ON) as host:
        result = await host.run("clerk", "hello")
        assert (result.status, [p.tool for p in result.pending]) == ("suspended", ["delete_server"])


async def test_while_it_is_off_models_are_shown_all(tmp_path: Path) -> None:
    model = ScriptedModel([ToolCall("1", FIND, json.dumps({"query": "photo"})), "hi"])
    async with open_host(tmp_path, model, agents=[agent()]) as host:
        result = await host.run("clerk", "hello")
    assert len(model.last.tools) == len(TOOLS) + 1
    assert "you are shown all tools already" in result.messages[2].text
