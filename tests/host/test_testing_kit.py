"""What authors get from the SDK for their tests: pytest fixtures, by entry point."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lumosai import Agent
from lumosai_sdk import ToolCall
from lumosai_sdk.errors import ConfigError, ModelError
from lumosai_sdk.testing.hosts import OpenHost, contribute
from lumosai_sdk.testing.scripted import ScriptedModel


async def test_a_host_in_a_test_in_two_lines(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script("noon")
    async with lumos_host(agents=[Agent("a", model="test/any")]) as host:
        assert (await host.run("a", "what time is it?")).text == "noon"


async def test_a_script_can_be_replaced_and_starts_anew(scripted_model: ScriptedModel, lumos_host: OpenHost) -> None:
    async with lumos_host(agents=[Agent("a", model="test/any")]) as host:
        scripted_model.script(["one"])
        assert (await host.run("a", "?")).text == "one"
        with pytest.raises(ModelError, match="at its end"):
            await host.run("a", "?")
        scripted_model.script(["two"])
        assert (await host.run("a", "?")).text == "two"


async def test_sections_are_those_of_the_file_and_are_checked(lumos_host: OpenHost, tmp_path: Path) -> None:
    async with lumos_host(limits={"steps": 3}, storage={"events": False}) as host:
        assert host.config.limits.steps == 3  # noqa: PLR2004
        assert (host.config.storage.use, host.config.storage.events) == ("memory", False)
        assert host.loaded.data_dir == tmp_path / "lumos-data"
        assert host.agents == {}
    with pytest.raises(ConfigError, match=r"limits\.stepps: unknown key; did you mean 'steps'"):
        async with lumos_host(limits={"stepps": 3}):
            raise AssertionError


async def test_what_is_no_tool_is_not_contributed(lumos_host: OpenHost) -> None:
    async with lumos_host() as host:
        with pytest.raises(TypeError, match=r"object is no tool: it does not meet lumosai_sdk.kinds.Tool"):
            contribute(host, "tool", "x.y", object())


async def test_the_developers_settings_do_not_leak_in(lumos_host: OpenHost) -> None:
    async with lumos_host() as host:
        assert host.config.limits.steps == 16  # noqa: PLR2004


AUTHORS_TEST = """
from lumosai import Agent
from lumosai_sdk import tool
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.messages import ToolCall

@tool
async def shout(text: str) -> str:
    return text.upper()

async def test_shouting(lumos_host, scripted_model):
    scripted_model.script([ToolCall("c", "loud_shout", '{"text": "hi"}'), "done"])
    async with lumos_host(agents=[Agent("a", model="test/any", tools=["loud.*"])]) as host:
        contribute(host, "tool", "loud.shout", shout)
        await host.run("a", "shout hi")
    assert scripted_model.last.messages[-1].text == "HI"
"""


def test_an_author_elsewhere_has_the_fixtures_by_having_the_sdk_installed(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(AUTHORS_TEST)
    others = [f"-pno:{name}" for name in ("cacheprovider", "hypothesispytest", "schemathesis", "xdist", "examples")]
    command = [sys.executable, "-m", "pytest", "-q", "-o", "asyncio_mode=auto", *others, "test_mine.py"]
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LUMOS_LIMITS__STEPS": "1", "PYTEST_ADDOPTS": ""}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_pytest_starts_without_anything_of_ours_but_the_fixtures() -> None:
    code = """
import json, sys
before = set(sys.modules)
import pytest
import lumosai_sdk.testing.pytest_plugin
print(json.dumps(sorted(m for m in set(sys.modules) - before if m.partition(".")[0] in sys.argv[1:])))
"""
    watched = ["lumosai", "lumosai_sdk", "lumosai_plugins", "pydantic", "packaging_", "jsonschema_rs", "aiohttp"]
    done = subprocess.run([sys.executable, "-c", code, *watched], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [
        "lumosai_sdk",
        "lumosai_sdk.testing",
        "lumosai_sdk.testing.pytest_plugin",
        "lumosai_sdk.version",
    ]


def test_the_sdk_does_not_import_the_host_for_it() -> None:
    code = "import sys, lumosai_sdk.testing.hosts; print([m for m in sys.modules if m.partition('.')[0] == 'lumosai'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


async def test_two_hosts_in_one_test_share_the_script(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script([ToolCall("c", "none", "{}"), "one", "two"])
    agents = [Agent("a", model="test/any")]
    async with lumos_host(agents=agents) as first, lumos_host(agents=agents) as second:
        assert (await first.run("a", "?")).text == "one"
        assert (await second.run("a", "?")).text == "two"
