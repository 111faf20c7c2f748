"""Versions of agents: tried beside what holds, published into the file, restored; nothing a person wrote is lost."""

# ruff: noqa: PLR2004 - versions are counted
from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from lumosai import Agent, Host
from lumosai.agents.versions.shelf import MOST
from lumosai.agents.versions.version import parted
from lumosai.config.model import Config
from lumosai.config.patch import WrongKeysError
from lumosai_sdk.errors import ConfigError, ConflictError, InputError, LumosError, NotFoundError, PermissionDeniedError
from lumosai_sdk.types.auth import LOCAL, Principal
from lumosai_sdk.types.events import Event

FILE = """\
# Ours.
[host]
data_dir = "data"

[agents.poet]
model = "scripted/echo"  # for now
tools = ["time.*"]

[agents.critic]
model = "scripted/echo"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "lumos.toml"
    path.write_text(FILE)
    return path


def said(file: Path) -> str:
    return file.read_text()


def say(file: Path, text: str) -> None:
    file.write_text(text)


@pytest.fixture
async def host(file: Path) -> AsyncIterator[Host]:
    async with Host(file) as opened:
        yield opened


async def test_a_draft_is_asked_beside_what_holds(host: Host, file: Path) -> None:
    draft = await host.versions.draft("poet", {"instructions": "Rhyme.", "tools": []}, note="rhymes")
    assert (draft.id, draft.published_at, draft.note) == ("poet@2", None, "rhymes")
    assert said(file) == FILE
    assert len(host.planner.plan(await host.runs.find("poet@2")).by_name) == 0
    assert len(host.planner.plan(await host.runs.find("poet")).by_name) > 0
    result = await host.run("poet@2", "sea")
    assert (result.agent, result.text) == ("poet@2", "sea")
    assert (await host.runs.get(result.run_id)).agent == "poet@2"


async def test_the_first_version_is_what_the_file_said(host: Host) -> None:
    assert (await host.versions.history("poet")).versions == []
    await host.versions.draft("poet", {"instructions": "Rhyme."})
    history = await host.versions.history("poet")
    assert [v.number for v in history.versions] == [2, 1]
    assert history.holds == 1
    assert history.versions[1].table == {"model": "scripted/echo", "tools": ["time.*"]}
    assert history.versions[1].published_at is not None


async def test_to_publish_is_to_write_it_into_the_file(host: Host, file: Path) -> None:
    await host.versions.draft("poet", {"instructions": "Rhyme.\nAlways.", "tools": None})
    published = await host.versions.publish("poet")
    assert published.published_at is not None
    text = said(file)
    assert "# Ours." in text
    assert "# for now" in text
    assert "tools" not in text
    assert host.agents["poet"].instructions == "Rhyme.\nAlways."
    assert (await host.versions.history("poet")).holds == 2
    with pytest.raises(ConflictError, match="no draft"):
        await host.versions.publish("poet")
    with pytest.raises(ConflictError, match="poet@1 was published before"):
        await host.versions.publish("poet", 1)


async def test_a_version_is_restored_as_a_new_one(host: Host, file: Path) -> None:
    await host.versions.draft("poet", {"instructions": "Rhyme."})
    await host.versions.publish("poet")
    restored = await host.versions.restore("poet", 1)
    assert (restored.id, restored.note) == ("poet@3", "restores poet@1")
    assert said(file) == FILE
    assert host.agents["poet"].instructions == ""
    with pytest.raises(ConflictError, match="is what holds now"):
        await host.versions.restore("poet", 1)
    with pytest.raises(NotFoundError):
        await host.versions.restore("poet", 9)


async def test_what_a_person_wrote_meanwhile_is_kept_before_it_is_replaced(host: Host, file: Path) -> None:
    await host.versions.draft("poet", {"instructions": "Rhyme."})
    say(file, FILE.replace('tools = ["time.*"]', 'instructions = "By hand."'))
    assert (await host.versions.history("poet")).holds is None
    await host.versions.publish("poet", 2)
    versions = (await host.versions.history("poet")).versions
    assert [(v.number, v.note) for v in versions] == [(3, "as it was in lumos.toml"), (2, ""), (1, "")]
    assert versions[0].table["instructions"] == "By hand."
    assert host.agents["poet"].instructions == "Rhyme."


async def test_a_draft_is_of_what_holds_or_of_the_version_that_is_named(host: Host) -> None:
    await host.versions.draft("poet", {"instructions": "Rhyme."})
    second = await host.versions.draft("poet", {"history": 3})
    assert second.table.get("instructions") is None
    third = await host.versions.draft("poet", {"history": 3}, base=2)
    assert third.table["instructions"] == "Rhyme."
    with pytest.raises(ConflictError, match="would change nothing"):
        await host.versions.draft("poet", {"history": 3}, base=3)
    with pytest.raises(NotFoundError):
        await host.versions.draft("poet", {}, base=17)


@pytest.mark.parametrize(
    ("patch", "error"),
    [
        ({"instructionz": "x"}, WrongKeysError),
        ({"temperature": 9}, WrongKeysError),
        ({"tools": ["nothing.here"]}, WrongKeysError),
        ({"output_schema": {"x": float("nan")}}, InputError),
        ({"instructions": "x" * 300_000}, InputError),
    ],
)
async def test_what_could_not_stand_in_the_file_is_no_draft(host: Host, patch: dict[str, object], error: type) -> None:
    with pytest.raises(error):
        await host.versions.draft("poet", patch)
    assert len((await host.versions.history("poet")).versions) <= 1


async def test_a_draft_that_no_longer_fits_leaves_the_file_as_it_was(host: Host, file: Path) -> None:
    await host.versions.draft("poet", {"tools": ["calculator.*"]})
    without = FILE + "\n[plugins.calculator]\nenabled = false\n"
    say(file, without)
    await host.reload_config()
    with pytest.raises(LumosError):
        await host.versions.publish("poet")
    assert said(file) == without
    assert (await host.versions.history("poet")).holds == 1


async def test_who_may_run_an_agent_may_not_run_its_versions(host: Host) -> None:
    """An earlier version may ask for less leave than the one that holds."""
    await host.versions.draft("poet", {"approve": ["time.*"]})
    someone = Principal("ada", scopes=frozenset({"agent.run"}))
    for version in ("poet@1", "poet@2"):
        with pytest.raises(PermissionDeniedError, match=r"agent\.preview"):
            await host.run(version, "sea", principal=someone)
        await host.run(version, "sea")
        with pytest.raises(PermissionDeniedError):  # also where it is ready
            await host.run(version, "sea", principal=someone)
    tester = replace(someone, scopes=frozenset({"agent.run", "agent.preview"}))
    assert (await host.run("poet@2", "sea", principal=tester)).status == "completed"


async def test_names_that_are_no_versions(host: Host) -> None:
    for name in ("poet@", "poet@1", "poet@x", "poet@-1", "@1", "nobody@1", "poet@99999999999", "poet@²"):
        with pytest.raises(NotFoundError):
            await host.run(name, "sea")
    assert parted("poet@12") == ("poet", 12)
    await host.versions.draft("critic", {"history": 1})
    with pytest.raises(NotFoundError):
        await host.runs.find("poet@2")


async def test_plugins_know_a_version_by_the_name_of_its_agent(host: Host) -> None:
    await host.versions.draft("poet", {"variants": [{"when": {"tenant": ["default"]}, "instructions": "Rhyme."}]})
    agent = await host.runs.find("poet@2")
    assert (agent.id, agent.name) == ("poet@2", "poet")
    seen: list[Event] = []
    host.bus.listen(seen.append)
    await host.run("poet@2", "sea")
    assert {e.agent for e in seen if hasattr(e, "agent")} == {"poet@2"}


async def test_a_version_survives_a_restart_and_goes_with_its_agent(file: Path) -> None:
    async with Host(file) as first:
        await first.versions.draft("poet", {"instructions": "Rhyme."})
        await first.storage.flush()
    async with Host(file) as second:
        assert (await second.run("poet@2", "sea")).text == "sea"
        say(file, FILE.partition("[agents.poet]")[0] + '[agents.critic]\nmodel = "scripted/echo"\n')
        await second.reload_config()
        with pytest.raises(NotFoundError):
            await second.run("poet@2", "sea")
        with pytest.raises(NotFoundError):
            await second.versions.history("poet")


async def test_agents_of_code_and_hosts_without_a_file_have_none(host: Host) -> None:
    host.add(Agent("coded", model="scripted/echo"))
    with pytest.raises(ConflictError, match="made in code"):
        await host.versions.draft("coded", {"history": 1})
    async with Host(Config(storage={"use": "memory"})) as bare:
        with pytest.raises(ConflictError, match=r"without a lumos\.toml"):
            await bare.versions.history("assistant")


async def test_many_drafts_at_once_have_a_number_each_and_the_oldest_make_room(host: Host) -> None:
    made = await asyncio.gather(*(host.versions.draft("poet", {"history": n}) for n in range(1, 9)))
    assert sorted(v.number for v in made) == list(range(2, 10))
    for n in range(MOST):
        await host.versions.draft("critic", {"history": n + 100})
    history = await host.versions.history("critic")
    assert len(history.versions) == MOST + 1  # the one that holds stays
    assert history.holds == 1


async def test_a_version_that_fits_no_more_says_so(host: Host) -> None:
    draft = await host.versions.draft("poet", {"history": 1})
    await host.versions._shelf.put(replace(draft, table={"histori": 1}))
    with pytest.raises(ConfigError, match="does not fit this release"):
        await host.run(draft.id, "sea", principal=LOCAL)
