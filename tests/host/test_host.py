# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import lumosai
from lumosai import Agent, Config, Host, load_config
from lumosai.config.load import Loaded, build
from lumosai_sdk import OutputSchema
from lumosai_sdk.errors import ConfigError, NotFoundError, PluginError
from lumosai_sdk.testing.hosts import OpenHost, contribute
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.models import EmbeddingRequest, EmbeddingResponse

if TYPE_CHECKING:
    from tests.host.conftest import Site


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))


async def test_a_host_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "lumos.toml"
    file.write_text('[storage]\nuse = "memory"\n[agents.x]\nmodel = "scripted/echo"\ndescription = "Echoes"\n')
    async with Host(file) as host:
        assert (await host.run("x", "hello")).text == "hello"
        assert host.loaded.base == tmp_path
        assert host.agents["x"].to_json()["description"] == "Echoes"
    async with Host(str(file), agents=[Agent("x", model="scripted/echo", description="in code")]) as host:
        assert host.agents["x"].description == "in code"


async def test_a_host_of_a_config_or_of_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    async with Host() as host:
        assert host.config == Config()
        assert host.loaded.data_dir == tmp_path / "xdg" / "lumosai"
        assert set(host.agents) == {"assistant"}
    assert Host(Loaded(build({}), None)).loaded.path is None


async def test_a_storage_that_is_not_there_is_named(tmp_path: Path) -> None:
    host = Host(build({"storage": {"use": "memori"}, "host": {"data_dir": tmp_path}}))
    with pytest.raises(NotFoundError, match="no storage 'memori'; did you mean 'memory'"):
        await host.start()


async def test_a_host_that_cannot_start_leaves_nothing_open(site: Site, lumos_host: OpenHost, tmp_path: Path) -> None:
    code = "class Store:\n    def __init__(self, context): raise OSError('no disk')\n"
    manifest = '[[contributes.storage]]\nid = "bad"\ntarget = "{package}.code:Store"\n'
    hooks = """
from pathlib import Path
from lumosai_sdk import hookimpl

@hookimpl
def lumos_shutdown(host):
    Path(host.data_dir, "down").parent.mkdir(exist_ok=True)
    Path(host.data_dir, "down").write_text("told")
"""
    site.install(
        "bad", head='hooks = ["lumos_shutdown"]\n', manifest=manifest, files={"code.py": code, "hooks.py": hooks}
    )
    with pytest.raises(PluginError, match="plugin 'bad': loading storage 'bad': OSError: no disk"):
        async with lumos_host(storage={"use": "bad"}):
            raise AssertionError
    assert (tmp_path / "lumos-data" / "down").read_text() == "told"


async def test_closing_twice_or_before_the_start_is_harmless(tmp_path: Path) -> None:
    host = Host(build({"storage": {"use": "memory"}, "host": {"data_dir": tmp_path}}))
    await host.aclose()
    host = Host(build({"storage": {"use": "memory"}, "host": {"data_dir": tmp_path}}))
    await host.start()
    await host.aclose()
    await host.aclose()


class Embeds(ScriptedModel):
    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        return EmbeddingResponse([[float(len(text))] for text in request.inputs], model=request.model)


async def test_embeddings(lumos_host: OpenHost) -> None:
    async with lumos_host(models={"embedding": "emb/default", "aliases": {"small": "emb/tiny"}}) as host:
        contribute(host, "provider", "emb", Embeds())
        assert (await host.embed(["a", "bbb"])).vectors == [[1.0], [3.0]]
        assert (await host.embed(["a"])).model == "emb/default"
        assert (await host.embed(["a"], model="small")).model == "emb/tiny"
        with pytest.raises(NotFoundError, match="no provider 'none'"):
            await host.embed(["a"], model="none/x")


async def test_an_agent_says_what_it_is() -> None:
    async def look() -> None: ...

    agent = Agent("a", model=["x/1", "y/2"], tools=["time.*", look], output={"type": "object"}, approve=["look"])
    assert agent.to_json() == {
        "id": "a",
        "description": "",
        "model": ["x/1", "y/2"],
        "tools": ["time.*", "look"],
        "processors": [],
        "memory": [],
        "approve": ["look"],
    }
    assert agent.models("z/0") == ("x/1", "y/2")
    assert Agent("b").models("z/0") == ("z/0",)


async def test_output_schemas_come_in_every_form(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script("3")
    async with lumos_host(agents=[Agent("a", model="test/m")]) as host:
        forms: list[Any] = [int, {"type": "integer"}, OutputSchema({"type": "integer"}, "count")]
        for form in forms:
            assert (await host.run("a", "?", output=form)).output == 3


def test_reloading_without_a_file_finds_one_that_has_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config().path is None
    (tmp_path / "lumos.toml").write_text("")
    assert load_config().path == tmp_path / "lumos.toml"


def test_the_package_says_what_it_lacks() -> None:
    with pytest.raises(AttributeError, match="module 'lumosai' has no attribute 'Hots'"):
        lumosai.Hots  # noqa: B018 - the attribute is the test


async def test_bad_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_LIMITS__STEPS", "none")
    with pytest.raises(ConfigError, match="environment variable LUMOS_LIMITS__STEPS: Input should be a valid integer"):
        Host()


def test_importing_the_host_package_is_cheap() -> None:
    code = "import sys, lumosai; print(sorted({m.partition('.')[0] for m in sys.modules} & set(sys.argv[1:])))"
    heavy = ["pydantic", "pluggy", "aiohttp", "asyncio", "jsonschema_rs", "fastapi", "tomlkit", "rich"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
