"""Looking things up with the embedded models: which questions are, and what is quoted of what was found."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lumosai import Host
from lumosai.cli.main import main
from lumosai_plugins.local.looking import asks, question_of, quoted
from lumosai_plugins.local.route import Router
from lumosai_sdk.types.tools import ToolSpec

QUESTION = {"type": "object", "required": ["question"], "properties": {"question": {"type": "string"}}}
QUERY = {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}}}
SEARCH = ToolSpec("knowledge.search", "Look something up in the documents", QUESTION)
NOTES = ToolSpec("notes.search", "Search the person's notes", QUERY)
TRAVEL = "# Travel\n\nWe go by train.\n\nA hotel may cost 140 euros a night. In Oslo it may cost 210 euros."
LAPTOP = "Laptops are encrypted. A lost laptop is reported to Mira Okafor within an hour."


def told(*texts: str) -> str:
    rows = [{"number": n, "where": f"page {n}", "text": t} for n, t in enumerate(texts, 1)]
    return "\n".join(["Passages, as JSON:", *map(json.dumps, rows)])


@pytest.mark.parametrize("text", ["Is it far?", "How much is it", "May I fly", "Tell me, is it far? "])
def test_what_is_a_question(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize("text", ["Hello!", "Tell me a joke", "I know how", ""])
def test_what_is_none(text: str) -> None:
    assert not asks(text)


def test_which_tools_answer_questions() -> None:
    assert question_of(SEARCH) == "question"
    assert question_of(NOTES) is None
    assert question_of(ToolSpec("ask.person", "", QUESTION)) is None
    assert question_of(ToolSpec("docs.search", "", QUESTION, side_effects=True)) is None
    assert question_of(ToolSpec("docs.search", "", QUESTION, approval="always")) is None
    assert question_of(ToolSpec("docs.search", "", {"required": ["x"], "properties": 3})) is None


def test_the_sentences_that_answer_are_quoted_with_their_source(router: Router) -> None:
    content = told(LAPTOP, TRAVEL)
    assert quoted("Who do I report a lost laptop to?", content, router) == (
        "A lost laptop is reported to Mira Okafor within an hour. [1]\n\n[1] page 1"
    )
    hotel = quoted("How much may a hotel in Oslo cost?", content, router)
    assert hotel is not None
    assert hotel.startswith("A hotel may cost 140 euros a night. In Oslo it may cost 210 euros. [2]")
    assert quoted("Who painted the Mona Lisa?", content, router) == "Nothing that was found answers this."


@pytest.mark.parametrize(
    "content",
    ["", "plain text", '{"text": 3}', "{" * 50_000, '{"text": ""}', '{"text": "# Heading"}', "[1, 2]", '{"number": 1}'],
)
def test_what_has_no_passages_is_left_to_others(router: Router, content: str) -> None:
    assert quoted("Who?", content, router) is None


def test_passages_that_are_made_to_do_harm_end(router: Router) -> None:
    many = told(*["A. " * 4000] * 40)
    assert quoted("Who?", many, router) is not None


async def test_the_template_answers_from_its_documents(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tour of the tutorial, on the embedded models: read, ask, remember, and ask for what nobody wrote down."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUMOS_MODELS", str(models))
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    assert main(["init", "--yes", "--template", "knowledge", "--agent", "desk"]) == 0
    async with Host(tmp_path / "lumos.toml") as host:
        knowledge = host.registry.get("command", "knowledge.knowledge")
        from argparse import ArgumentParser

        parser = ArgumentParser()
        knowledge.obj.add_arguments(parser)
        arguments = parser.parse_args(["add", os.fspath(tmp_path / "handbook")])
        assert await knowledge.obj.run(arguments, knowledge.generation.context) == 0
        hotel = await host.run("desk", "How much may a hotel in Oslo cost?")
        assert "210 euros. [1]" in hotel.text
        holidays = await host.run("desk", "How many days of holiday do I have?")
        assert holidays.text.startswith("Everybody has 30 days of holiday a year. [1]")
        await host.run("desk", "My dog is called Bruno.", thread="monday")
        assert (await host.run("desk", "What is 17 * 23?", thread="tuesday")).text == "17 * 23 = 391"
        dog = await host.run("desk", "What did I tell you about my dog?", thread="friday")
        assert "the person: My dog is called Bruno." in dog.text
        nothing = await host.run("desk", "Who painted the Mona Lisa?")
        assert nothing.text == "Nothing that was found answers this."
