"""Plugins of the runtime ``wasm`` in a running host: seen from outside they are like any other."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import importlib.util
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from lumosai import Host
from lumosai.gateway.app import create_app
from lumosai_sdk.errors import PluginError, PluginLoadError, PluginUnavailableError
from lumosai_sdk.testing.hosts import OpenHost

if TYPE_CHECKING:
    from pathlib import Path

    from tests.host.conftest import Site

pytest.importorskip("wasmtime")
HEAD = 'runtime = "wasm"\nmodule = "{file}"\n'
# Answers with the text at 32, after what CODE does.
GUEST = """
(module
  (memory (export "memory") 2)
  (data (i32.const 32) "TEXT")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "lumos:plugin/tool@1.0.0#call") (param i32 i32 i32 i32 i32 i32) (result i32)
    CODE
    (i32.store (i32.const 16) (i32.const 0))
    (i32.store (i32.const 20) (i32.const 32))
    (i32.store (i32.const 24) (i32.const SIZE))
    (i32.const 16)))
"""


def guest(text: str = "1", code: str = "") -> bytes:
    from wasmtime import wat2wasm

    from lumosai_sandbox.componentize import componentize

    source = GUEST.replace("TEXT", text).replace("SIZE", str(len(text))).replace("CODE", code)
    return componentize(bytes(wat2wasm(source)))


def install(site: Site, version: str, wasm: bytes, file: str = "p.wasm", state: str = "none") -> None:
    """Install the plugin ``w``. The file's name differs from version to version, and with it the fingerprint."""
    root: Path = site.install("w", version, head=HEAD.format(file=file) + f'state = "{state}"\n', files={})
    (root / file).write_bytes(wasm)


async def test_is_called_like_any_other_and_says_how_it_is_held(site: Site, lumos_host: OpenHost) -> None:
    install(site, "1.0", guest("[42]"))
    limits: Any = {"memory": "32MiB"}
    sections: Any = {"sandbox": {"tier": "process"}, "plugins": {"w": {"limits": limits}}}
    async with lumos_host(**sections) as host:
        assert await host.call_tool("w.which", {}) == [42]
        metrics = host.registry.get("tool", "w.which").obj.plugin.metrics()
        assert metrics["tier"] == "process"
        assert metrics["limits"]["memory"] == 32 * 1024 * 1024
        assert metrics["calls"] == 1


async def test_what_a_plugin_with_a_state_does_wrong_opens_the_circuit(site: Site, lumos_host: OpenHost) -> None:
    install(site, "1.0", guest(code="(unreachable)"), state="plugin")
    async with lumos_host(sandbox={"tier": "process"}) as host:
        errors = [await failed(host) for _ in range(20)]
        assert "unreachable" in str(errors[0])
        assert isinstance(errors[-1], PluginUnavailableError)
        assert host.plugins.get("w").failures >= 1


async def test_what_one_call_does_wrong_closes_a_plugin_without_state_to_nobody(
    site: Site, lumos_host: OpenHost
) -> None:
    trap = "(if (i32.gt_u (local.get 3) (i32.const 2)) (then unreachable))"  # arguments longer than {}
    install(site, "1.0", guest("[42]", trap))
    async with lumos_host(sandbox={"tier": "process"}) as host:
        for _ in range(20):
            with pytest.raises(PluginError, match="unreachable"):
                await host.call_tool("w.which", {"x": 1})
        assert host.plugins.get("w").failures >= 20
        assert await host.call_tool("w.which", {}) == [42]


async def failed(host: Host) -> PluginError:
    with pytest.raises(PluginError) as error:
        await host.call_tool("w.which", {})
    return error.value


async def test_calls_while_versions_are_swapped(site: Site, lumos_host: OpenHost) -> None:
    install(site, "1.0", guest("1"), "v1.wasm")
    async with lumos_host(sandbox={"tier": "process"}) as host:
        await host.call_tool("w.which", {})

        async def swaps() -> None:
            for version in range(2, 6):
                install(site, f"{version}.0", guest(str(version)), f"v{version}.wasm")
                await host.plugins.refresh()
                await host.call_tool("w.which", {})

        swapping = asyncio.create_task(swaps())

        async def caller() -> list[int]:
            answers: list[int] = []
            while not swapping.done() or len(answers) < 20:
                answers.append(await host.call_tool("w.which", {}))
                await asyncio.sleep(0)
            return answers

        answers = await asyncio.gather(*(caller() for _ in range(10)))
        await swapping
        assert all(a == sorted(a) for a in answers), "a later call got an earlier version"
        assert await host.call_tool("w.which", {}) == 5
        assert host.plugins.get("w").failures == 0


async def test_a_swap_ends_the_runner_of_the_version_before(site: Site, lumos_host: OpenHost) -> None:
    install(site, "1.0", guest("1"), "v1.wasm")
    async with lumos_host(sandbox={"tier": "process"}) as host:
        await host.call_tool("w.which", {})
        old = host.registry.get("tool", "w.which").obj.plugin
        install(site, "2.0", guest("2"), "v2.wasm")
        await host.plugins.refresh()
        assert await host.call_tool("w.which", {}) == 2
        for _ in range(100):
            if old.closed:
                break
            await asyncio.sleep(0.01)
        assert old.closed


async def test_a_host_that_starts_and_ends_reads_no_component(site: Site, lumos_host: OpenHost) -> None:
    install(site, "1.0", b"this is no component")
    async with lumos_host() as host:
        assert "w.which" in host.registry.ids("tool")
        with pytest.raises(PluginLoadError, match=r"p\.wasm"):
            await host.call_tool("w.which", {})


async def test_without_the_extra_the_hint_names_it(
    site: Site, lumos_host: OpenHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(site, "1.0", guest())
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, p=None: None if n == "wasmtime" else real(n, p))
    async with lumos_host() as host:
        with pytest.raises(PluginError) as refused:
            await host.call_tool("w.which", {})
    assert refused.value.hint == "pip install 'lumosai[sandbox]'"


async def test_what_it_used_is_told_over_http(site: Site, lumos_host: OpenHost) -> None:
    install(site, "1.0", guest("[42]"))
    async with lumos_host(sandbox={"tier": "process"}) as host:
        transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            before = (await client.get("/v1/plugins/w")).json()["sandbox"]
            await host.call_tool("w.which", {})
            after = (await client.get("/v1/plugins/w")).json()["sandbox"]
    assert before == {"loaded": False}
    assert after["loaded"] is True
    assert (after["calls"], after["failures"], after["tier"]) == (1, 0, "process")
    assert after["limits"]["memory"] > 0
