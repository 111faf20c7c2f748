"""Agent Skills: what a model is told of them, what it can open, and what it cannot."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai import Agent
from lumosai_plugins.skills import manifest
from lumosai_plugins.skills.command import SkillsCommand
from lumosai_plugins.skills.opening import Open
from lumosai_plugins.skills.shelf import Shelf
from lumosai_sdk import PluginContext, ToolCall, ToolContext, ToolError
from lumosai_sdk.errors import InputError
from lumosai_sdk.testing.hosts import open_host
from lumosai_sdk.testing.manifest_check import disagreements
from lumosai_sdk.testing.scripted import ScriptedModel

HEAD = "---\nname: {name}\ndescription: {description}\n---\n{text}\n"


def write(folder: Path, name: str, description: str = "How to do it.", text: str = "Do it well.") -> Path:
    made = folder / name
    made.mkdir(parents=True)
    (made / manifest.FILE).write_text(HEAD.format(name=name, description=description, text=text))
    return made


def context(base: Path, **settings: Any) -> PluginContext:
    return PluginContext("skills", base=base, settings=settings)


async def opened(base: Path, skill: str, file: str = "", *, agent: str = "a", **settings: Any) -> str:
    arguments = {"skill": skill, "file": file}
    return str(await Open(context(base, **settings)).call(arguments, ToolContext(agent=agent)))


def test_the_manifest_says_what_the_code_does() -> None:
    assert disagreements("lumosai_plugins.skills") == []


async def test_a_model_opens_a_skill_and_one_of_its_files(tmp_path: Path) -> None:
    skill = write(tmp_path / "skills", "refunds", "How refunds are made.", "Read rules/eu.md first.")
    (skill / "rules").mkdir()
    (skill / "rules" / "eu.md").write_text("Within 14 days.")
    model = ScriptedModel(
        [
            ToolCall("1", "skills_open", json.dumps({"skill": "refunds"})),
            ToolCall("2", "skills_open", json.dumps({"skill": "refunds", "file": "rules/eu.md"})),
            "Refunded.",
        ]
    )
    clerk = Agent("clerk", model="test/x", memory=["skills.catalog"])
    async with open_host(tmp_path, model, agents=[clerk]) as host:
        result = await host.run("clerk", "I want my money back")
    assert "- refunds: How refunds are made." in model.requests[0].messages[0].text
    assert "14 days" not in model.requests[0].messages[0].text, "what is in it comes when it is opened"
    told = [m.text for m in result.messages if m.role == "tool"]
    assert told == ["Read rules/eu.md first.\n\nFiles of this skill: rules/eu.md", "Within 14 days."]
    assert result.text == "Refunded."


async def test_an_agent_has_the_skills_it_is_given(tmp_path: Path) -> None:
    for name in ("refunds", "refund-rules", "hiring"):
        write(tmp_path / "skills", name)
    shelf = Shelf(context(tmp_path, agents={"clerk": ["refund*"], "idle": []}))
    assert sorted(await shelf.of("clerk")) == ["refund-rules", "refunds"]
    assert sorted(await shelf.of("anyone")) == ["hiring", "refund-rules", "refunds"]
    assert await shelf.of("idle") == {}
    with pytest.raises(ToolError, match="no skill 'hiring'"):
        await opened(tmp_path, "hiring", agent="clerk", agents={"clerk": ["refund*"]})


async def test_without_skills_nothing_is_said_of_them(tmp_path: Path) -> None:
    model = ScriptedModel("Hello.")
    async with open_host(tmp_path, model, agents=[Agent("a", model="test/x", memory=["skills.catalog"])]) as host:
        await host.run("a", "Hi")
    assert [m.role for m in model.last.messages] == ["user"]


async def test_what_changes_on_the_disk_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lumosai_plugins.skills.shelf._FRESH_SECONDS", 0)
    shelf = Shelf(context(tmp_path))
    assert await shelf.of("a") == {}
    skill = write(tmp_path / "skills", "refunds", "old")
    assert (await shelf.of("a"))["refunds"].description == "old"
    (skill / manifest.FILE).write_text(HEAD.format(name="refunds", description="newer", text=""))
    assert (await shelf.of("a"))["refunds"].description == "newer"


@pytest.mark.parametrize("file", ["../secret", "/etc/passwd", "rules/../../secret", "link", "folder", "\0", "x" * 5000])
async def test_nothing_outside_of_a_skill_is_opened(tmp_path: Path, file: str) -> None:
    skill = write(tmp_path / "skills", "refunds")
    (tmp_path / "skills" / "secret").write_text("s3cret")
    (skill / "folder").mkdir()
    (skill / "link").symlink_to(tmp_path / "skills" / "secret")
    with pytest.raises(ToolError, match="has no file"):
        await opened(tmp_path, "refunds", file)


async def test_a_pipe_holds_nothing_up(tmp_path: Path) -> None:
    skill = write(tmp_path / "skills", "refunds")
    os.mkfifo(skill / "pipe")
    with pytest.raises(ToolError, match="has no file"):
        await opened(tmp_path, "refunds", "pipe")


async def test_long_files_are_cut_and_say_so_and_others_are_no_text(tmp_path: Path) -> None:
    skill = write(tmp_path / "skills", "refunds")
    (skill / "long.md").write_text("é" * 5000)
    (skill / "image.png").write_bytes(b"\x89PNG\0\0")
    text = await opened(tmp_path, "refunds", "long.md", max_chars=1000)
    assert text == "é" * 1000 + "\n[cut here: the limit is 1000]"
    with pytest.raises(ToolError, match="is no text"):
        await opened(tmp_path, "refunds", "image.png")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no head", "does not begin with a head"),
        ("---\nname: [\n---\n", "is not YAML"),
        ("---\n- a\n---\n", "no mapping"),
        ("---\nname: Refunds\ndescription: x\n---\n", "small letters"),
        ("---\nname: other\ndescription: x\n---\n", "not that of its folder"),
        ("---\nname: refunds\n---\n", "no description"),
        (f"---\nname: refunds\ndescription: {'x' * 2000}\n---\n", "more than 1024"),
        (f"---\nname: refunds\ndescription: {'[' * 2000}\n---\n", "is not YAML"),
        (f"---\nx: {'x' * 20_000}\n---\n", "more than 16384"),
        ("x" * (manifest.MAX_BYTES + 1), "larger than 256 KiB"),
    ],
)
def test_what_is_wrong_with_a_skill_is_told(tmp_path: Path, text: str, why: str) -> None:
    folder = tmp_path / "skills" / "refunds"
    folder.mkdir(parents=True)
    (folder / manifest.FILE).write_text(text)
    found = Shelf(context(tmp_path)).look()
    assert why in found.problems[str(folder)]
    assert not found.skills


def test_yaml_makes_no_objects(tmp_path: Path) -> None:
    folder = tmp_path / "refunds"
    folder.mkdir()
    (folder / manifest.FILE).write_text("---\nname: !!python/object/apply:os.getcwd []\n---\n")
    with pytest.raises(InputError, match="is not YAML"):
        manifest.read(folder)


@given(text=st.text(max_size=300))
def test_any_file_is_a_skill_or_has_a_reason_not_to_be(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("skills") / "refunds"
    folder.mkdir()
    (folder / manifest.FILE).write_bytes(f"---\n{text}\n---\n".encode(errors="surrogatepass"))
    found = Shelf(context(folder.parent.parent, folders=[str(folder.parent)])).look()
    assert bool(found.skills) != bool(found.problems)


def test_the_command_lists_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from argparse import ArgumentParser

    write(tmp_path / "skills", "refunds", "How refunds are made.")
    where = context(tmp_path)
    command, parser = SkillsCommand(where), ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args([]), where) == 0
    assert capsys.readouterr().out == "refunds  How refunds are made.\n"
    (tmp_path / "skills" / "broken").mkdir()
    (tmp_path / "skills" / "broken" / manifest.FILE).write_text("\x1b[31mnothing")
    assert command.run(parser.parse_args(["--json"]), where) == 1
    told = json.loads(capsys.readouterr().out)
    assert [s["name"] for s in told["skills"]] == ["refunds"]
    assert "head" in told["problems"][0]["problem"]
