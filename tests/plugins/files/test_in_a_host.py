"""The file tools as an agent has them: grants from the configuration, approval by a person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lumosai import Agent
from lumosai_sdk import Decision, PermissionDeniedError, ToolCall

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost
    from lumosai_sdk.testing.scripted import ScriptedModel

CLERK = Agent("clerk", model="test/any", tools=["files.*"])
WRITE = ToolCall("c1", "files_write", '{"path": "new.txt", "content": "text"}')


def granted(*rules: str) -> dict[str, Any]:
    return {"files": {"grant": {"files": list(rules)}}}


async def test_what_was_granted_is_read(lumos_host: OpenHost, scripted_model: ScriptedModel, root: Path) -> None:
    scripted_model.script([ToolCall("c1", "files_read", '{"path": "a.txt"}'), "Done"])
    # Relative to the configuration, as an owner writes it.
    async with lumos_host(agents=[CLERK], plugins=granted("read ./docs")) as host:
        assert (await host.run("clerk", "Read a.txt")).text == "Done"
    assert "alpha" in scripted_model.last.messages[-1].text


async def test_without_a_grant_nothing_is(lumos_host: OpenHost, root: Path) -> None:
    async with lumos_host() as host:
        with pytest.raises(PermissionDeniedError, match=r"\[plugins\.files\.grant\]"):
            await host.call_tool("files.read", {"path": f"{root}/a.txt"})


async def test_a_person_decides_on_writing(lumos_host: OpenHost, scripted_model: ScriptedModel, root: Path) -> None:
    async with lumos_host(agents=[CLERK], plugins=granted(f"write {root}")) as host:
        scripted_model.script([WRITE, "Done"])
        run = await host.run("clerk", "Write it")
        assert (run.status, run.pending[0].tool) == ("suspended", "files.write")
        assert not (root / "new.txt").exists()
        done = await host.resume(run.run_id, {"c1": Decision(approve=True)})
        assert done.text == "Done"
    assert (root / "new.txt").read_text(encoding="utf-8") == "text"


async def test_a_person_says_no(lumos_host: OpenHost, scripted_model: ScriptedModel, root: Path) -> None:
    async def no(_: Any) -> Decision:
        return Decision(approve=False, reason="not now")

    scripted_model.script([WRITE, "A pity"])
    async with lumos_host(agents=[CLERK], plugins=granted(f"write {root}")) as host:
        assert (await host.run("clerk", "Write it", on_pending=no)).text == "A pity"
    assert "not now" in scripted_model.last.messages[-1].text
    assert not (root / "new.txt").exists()
