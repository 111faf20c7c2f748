# ruff: noqa: RUF043 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from tests.host.conftest import write_plugin

from lumosai import Agent, Host
from lumosai.config.load import build
from lumosai.plugins import modules
from lumosai_sdk.errors import (
    ConfigError,
    ConflictError,
    NotFoundError,
    PluginError,
    PluginLoadError,
    PluginUnavailableError,
)
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.events import Event, HostWarning, PluginEvent

if TYPE_CHECKING:
    from tests.host.conftest import Site

HOOKS = """
from pathlib import Path
from lumosai_sdk import hookimpl

def log(host, line):
    with Path(host.data_dir, "log").open("a") as f:
        f.write(line + "\\n")

@hookimpl
async def lumos_startup(host):
    log(host, "{version} up")

@hookimpl
async def lumos_shutdown(host):
    log(host, "{version} down")
"""
UP_DOWN = 'hooks = ["lumos_startup", "lumos_shutdown"]\n'
CLOSING = """
from lumosai_sdk import tool

LOG = []

class Which:
    def __init__(self, context):
        self.context = context

    @property
    def spec(self):
        from lumosai_sdk.types.tools import ToolSpec
        return ToolSpec("swap.which")

    async def call(self, arguments, context):
        return "{version}"

    async def aclose(self):
        LOG.append("{version} closed")

which = Which
"""


def hooked(version: str) -> dict[str, Any]:
    return {"head": UP_DOWN, "files": {"hooks.py": HOOKS.format(version=version), "code.py": code(version)}}


def code(version: str) -> str:
    return f'from lumosai_sdk import tool\n\n@tool\nasync def which() -> str:\n    return "{version}"\n'


def told(events: list[Event]) -> list[tuple[str, str]]:
    return [(e.type, e.plugin) for e in events if isinstance(e, PluginEvent)]


@pytest.fixture
def log(tmp_path: Path) -> Callable[[], list[str]]:
    (tmp_path / "lumos-data").mkdir()
    (tmp_path / "lumos-data" / "log").write_text("")
    return lambda: (tmp_path / "lumos-data" / "log").read_text().splitlines()


async def test_what_is_installed_is_listed_and_called(site: Site, lumos_host: OpenHost) -> None:
    site.install("swap", head='description = "Swaps"\n')
    async with lumos_host() as host:
        listed = host.plugins.get("swap").to_json()
        assert listed == {
            "name": "swap",
            "version": "1.0.0",
            "state": "enabled",
            "runtime": "python",
            "distribution": "lumos_test_swap-1.0.0",
            "built_in": False,
            "description": "Swaps",
            "contributes": {"tool": ["swap.which"]},
            "failures": 0,
        }
        assert host.plugins.get("memory").is_built_in
        assert await host.call_tool("swap.which", {}) == "1.0.0"
        with pytest.raises(NotFoundError, match="did you mean 'swap'"):
            host.plugins.get("swop")


async def test_disabling_and_enabling_in_a_running_host(
    site: Site, lumos_host: OpenHost, log: Callable[[], list[str]], seen: Any
) -> None:
    site.install("swap", **hooked("1"))
    async with lumos_host() as host:
        events = seen(host)
        await host.plugins.disable("swap")
        assert host.plugins.get("swap").state == "disabled"
        with pytest.raises(PluginUnavailableError, match="plugin 'swap': tool 'swap.which': the plugin is disabled"):
            await host.call_tool("swap.which", {})
        await host.plugins.disable("swap")
        await host.plugins.enable("swap")
        await host.plugins.enable("swap")
        assert await host.call_tool("swap.which", {}) == "1"
    assert log() == ["1 up", "1 down", "1 up", "1 down"]
    assert told(events) == [
        ("plugin.disabled", "swap"),
        ("plugin.disabled", "swap"),
        ("plugin.enabled", "swap"),
    ]


async def test_a_plugin_that_is_off_in_the_configuration_is_known_but_not_there(
    site: Site, lumos_host: OpenHost
) -> None:
    site.install("swap")
    async with lumos_host(plugins={"swap": {"enabled": False}}) as host:
        with pytest.raises(PluginUnavailableError, match="the plugin is off .disabled; lumos plugin enable swap."):
            await host.call_tool("swap.which", {})
        await host.plugins.enable("swap")
        assert await host.call_tool("swap.which", {}) == "1.0.0"


async def test_safe_mode_starts_the_built_ins_only(site: Site, lumos_host: OpenHost) -> None:
    site.install("swap", files={"code.py": "raise SystemExit", "hooks.py": "raise SystemExit"}, head=UP_DOWN)
    async with lumos_host(safe_mode=True) as host:
        assert host.plugins.get("swap").state == "disabled"
        assert host.plugins.get("memory").state == "enabled"
        with pytest.raises(PluginUnavailableError, match="safe mode"):
            await host.call_tool("swap.which", {})
        with pytest.raises(PluginError, match="plugin 'swap': cannot be enabled: safe mode"):
            await host.plugins.enable("swap")
        assert not [m for m in sys.modules if m.startswith("lumos_test_swap")]


async def test_installs_upgrades_and_removals_are_taken_up(
    site: Site, lumos_host: OpenHost, log: Callable[[], list[str]], seen: Any
) -> None:
    async with lumos_host() as host:
        events = seen(host)
        assert not await host.plugins.refresh()
        site.install("swap", "1.0.0", **hooked("1"))
        assert (await host.plugins.refresh()).added == ("swap",)
        assert await host.call_tool("swap.which", {}) == "1"
        site.install("swap", "2.0.0", **hooked("2"))
        assert (await host.plugins.refresh()).swapped == ("swap",)
        assert await host.call_tool("swap.which", {}) == "2"
        site.uninstall("swap")
        assert (await host.plugins.refresh()).removed == ("swap",)
        with pytest.raises(NotFoundError):
            await host.call_tool("swap.which", {})
        site.install("swap", "3.0.0", **hooked("3"))
        await host.plugins.refresh()
        assert await host.call_tool("swap.which", {}) == "3"
    assert log() == ["1 up", "1 down", "2 up", "2 down", "3 up", "3 down"]
    assert [t for t, _ in told(events)] == ["plugin.added", "plugin.swapped", "plugin.removed", "plugin.added"]


async def test_changed_code_without_a_new_version_is_taken_up(site: Site, lumos_host: OpenHost) -> None:
    root = site.install("swap", files={"code.py": code("before")})
    async with lumos_host() as host:
        assert await host.call_tool("swap.which", {}) == "before"
        (root / "code.py").write_text(code("after"))
        assert (await host.plugins.refresh()).swapped == ("swap",)
        assert await host.call_tool("swap.which", {}) == "after"
        assert await host.plugins.reload("swap")
        assert await host.call_tool("swap.which", {}) == "after"


async def test_a_call_in_flight_finishes_on_its_version_and_its_object_is_closed_after(
    site: Site, lumos_host: OpenHost
) -> None:
    slow = CLOSING.replace('return "{version}"', 'import asyncio; await arguments["gate"].wait(); return "{version}"')
    site.install("swap", "1.0.0", files={"code.py": slow.replace("{version}", "1")})
    async with lumos_host() as host:
        gate = asyncio.Event()
        entry = host.registry.get("tool", "swap.which")
        old = asyncio.create_task(entry.generation.guard("x", lambda: entry.obj.call({"gate": gate}, None)))
        await asyncio.sleep(0)
        closed = sys.modules["lumos_test_swap.code"].LOG
        site.install("swap", "2.0.0", files={"code.py": code("2")})
        await host.plugins.refresh()
        assert await host.call_tool("swap.which", {}) == "2"
        assert closed == []
        gate.set()
        assert await old == "1"
        for _ in range(5):
            await asyncio.sleep(0)
        assert closed == ["1 closed"]


BROKEN: dict[str, dict[str, Any]] = {
    "manifest": {"manifest": "[contributes"},
    "api": {"api": ">=9"},
    "hooks": {"head": UP_DOWN, "files": {"code.py": code("2"), "hooks.py": "raise RuntimeError('hooks of 2')"}},
    "exit": {"head": UP_DOWN, "files": {"code.py": code("2"), "hooks.py": "raise SystemExit(2)"}},
    "undeclared": {"head": UP_DOWN, "files": {"code.py": code("2"), "hooks.py": ""}},
    "settings": {"head": "[settings_schema]\nrequired = ['key']\n"},
    "settings schema": {"head": "[settings_schema]\ntype = 3\n"},
    "contributing": {
        "head": 'hooks = ["lumos_contribute"]\n',
        "files": {
            "code.py": code("2"),
            "hooks.py": "from lumosai_sdk import hookimpl\n@hookimpl\ndef lumos_contribute(contributions):\n"
            "    contributions.add('tool', 'swap.new', object())",
        },
    },
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_a_new_version_that_cannot_run_does_not_take_the_place_of_one_that_does(
    site: Site, lumos_host: OpenHost, log: Callable[[], list[str]], seen: Any, kind: str
) -> None:
    site.install("swap", "1.0.0", **hooked("1"))
    async with lumos_host() as host:
        events = seen(host)
        assert await host.call_tool("swap.which", {}) == "1"
        site.install("swap", "2.0.0", **BROKEN[kind])
        await host.plugins.refresh()
        plugin = host.plugins.get("swap")
        assert (plugin.state, plugin.version) == ("enabled", "1.0.0")
        assert plugin.reason.startswith("1.0.0 goes on as it was; what is there now cannot run: ")
        assert await host.call_tool("swap.which", {}) == "1"
        assert host.registry.ids("tool").count("swap.which") == 1
        assert "swap.new" not in host.registry.ids("tool")
        assert ("plugin.failed", "swap") in told(events)
        assert not await host.plugins.refresh()
        site.install("swap", "3.0.0", **hooked("3"))
        await host.plugins.refresh()
        assert await host.call_tool("swap.which", {}) == "3"
        assert host.plugins.get("swap").reason == ""
    assert (log()[0], log()[-2:]) == ("1 up", ["3 up", "3 down"])
    assert log().count("1 up") == log().count("1 down")


@pytest.mark.parametrize("kind", BROKEN)
async def test_a_plugin_broken_from_the_start_is_listed_with_its_reason_and_mended_later(
    site: Site, lumos_host: OpenHost, kind: str
) -> None:
    site.install("swap", "2.0.0", **BROKEN[kind])
    site.install("good")
    async with lumos_host() as host:
        plugin = host.plugins.get("swap")
        assert plugin.state == "broken"
        assert plugin.to_json()["reason"]
        with pytest.raises(PluginError, match="plugin 'swap': cannot be enabled"):
            await host.plugins.enable("swap")
        assert await host.call_tool("good.which", {}) == "1.0.0"
        site.install("swap", "3.0.0", **hooked("3"))
        (host.loaded.data_dir).mkdir(exist_ok=True)
        await host.plugins.refresh()
        assert await host.call_tool("swap.which", {}) == "3"


async def test_what_a_broken_plugin_would_offer_is_explained(site: Site, lumos_host: OpenHost) -> None:
    site.install("swap", files={"code.py": code("1"), "hooks.py": "1/0"}, head=UP_DOWN)
    async with lumos_host() as host:
        with pytest.raises(PluginUnavailableError, match="the plugin is broken: ZeroDivisionError"):
            await host.call_tool("swap.which", {})


@pytest.mark.parametrize("failing", ["raise RuntimeError('at import')", "raise SystemExit(9)", "which = 3", ""])
async def test_code_that_fails_when_it_is_first_needed_fails_that_call_only(
    site: Site, lumos_host: OpenHost, failing: str
) -> None:
    site.install("swap", files={"code.py": failing})
    site.install("good")
    async with lumos_host() as host:
        for _ in range(2):
            with pytest.raises(PluginLoadError, match="plugin 'swap': loading tool 'swap.which'"):
                await host.call_tool("swap.which", {})
        assert await host.call_tool("good.which", {}) == "1.0.0"
        assert host.plugins.get("swap").failures == 2  # noqa: PLR2004
        assert host.plugins.get("swap").to_json()["failures"] == 2  # noqa: PLR2004


async def test_of_two_that_claim_a_name_one_runs_and_the_other_is_listed(site: Site, lumos_host: OpenHost) -> None:
    site.install("swap", dist="lumos_test_a", package="lumos_test_a")
    site.packages.clear()
    site.install("swap", "2.0.0", dist="lumos_test_b", package="lumos_test_b")
    async with lumos_host() as host:
        assert await host.call_tool("swap.which", {}) == "1.0.0"
        other = host.plugins.get("swap (lumos_test_b-2.0.0)")
        assert other.state == "broken"
        assert "uninstall lumos_test_b-2.0.0 or lumos_test_a-1.0.0" in other.reason
        assert await host.call_tool("swap.which", {}) == "1.0.0"


async def test_a_loose_plugin_runs_with_hooks_first(tmp_path: Path, site: Site, lumos_host: OpenHost) -> None:
    (tmp_path / "lumos-data").mkdir()
    write_plugin(tmp_path / "own", "loose", **hooked("loose"))
    async with lumos_host(host={"plugin_paths": ["own"], "data_dir": tmp_path / "lumos-data"}) as host:
        assert host.plugins.get("loose").reason == ""
        assert (tmp_path / "lumos-data" / "log").read_text() == "loose up\n"
        assert await host.call_tool("loose.which", {}) == "loose"
    sys.path.remove(str(tmp_path / "own"))


async def test_a_loose_plugin_hidden_by_another_package_does_not_run_the_others_code(
    tmp_path: Path, site: Site, lumos_host: OpenHost
) -> None:
    write_plugin(tmp_path / "own", "loose", package="lumos_test_hidden")
    write_plugin(site.root, "other", package="lumos_test_hidden", version="9")
    async with lumos_host(host={"plugin_paths": ["own"]}) as host:
        with pytest.raises(PluginLoadError, match="hidden by .*site-packages/lumos_test_hidden") as e:
            await host.call_tool("loose.which", {})
        assert e.value.hint == "rename the package"
    sys.path.remove(str(tmp_path / "own"))


async def test_refreshes_at_the_same_time_do_not_trip_over_each_other(
    site: Site, lumos_host: OpenHost, log: Callable[[], list[str]]
) -> None:
    for name in ("one", "two", "three"):
        site.install(name, **hooked(name))
    async with lumos_host() as host:
        for name in ("one", "two", "three"):
            site.uninstall(name)
            site.install(f"new-{name}", **hooked(f"new {name}"))
        changes = await asyncio.gather(*(host.plugins.refresh() for _ in range(4)))
        assert sorted(len(c.added) + len(c.removed) for c in changes) == [0, 0, 0, 6]
    assert sorted(log()).count("new one up") == 1


async def test_disable_during_a_reload_ends_disabled(
    site: Site, lumos_host: OpenHost, log: Callable[[], list[str]]
) -> None:
    site.install("swap", **hooked("1"))
    async with lumos_host() as host:
        await asyncio.gather(host.plugins.reload("swap"), host.plugins.disable("swap"), host.plugins.refresh())
        assert host.plugins.get("swap").state == "disabled"
        assert host.registry.find("tool", "swap.which") is None


SETTINGS = """
[permissions]
env = ["HOME", "PATH"]
[settings_schema]
additionalProperties = false
[settings_schema.properties.greeting]
type = "string"
default = "hello"
"""
SHOWS: dict[str, Any] = {
    "head": SETTINGS,
    "files": {
        "code.py": """
class Show:
    def __init__(self, context):
        self.context = context

    @property
    def spec(self):
        from lumosai_sdk.types.tools import ToolSpec
        return ToolSpec("swap.which")

    async def call(self, arguments, context):
        return [self.context.settings["greeting"], list(context.permissions.env)]

which = Show
"""
    },
}


async def test_changed_settings_and_grants_hold_for_the_next_call(
    site: Site, lumos_host: OpenHost, tmp_path: Path
) -> None:
    site.install("swap", **SHOWS)
    toml = tmp_path / "lumos.toml"
    async with lumos_host(plugins={"swap": {"grant": {"env": ["HOME"]}}}) as host:
        assert await host.call_tool("swap.which", {}) == ["hello", ["HOME"]]
        toml.write_text('[plugins.swap]\ngrant = {}\nsettings = { greeting = "hi" }\n')
        await host.reload_config()
        assert await host.call_tool("swap.which", {}) == ["hi", []]
        toml.write_text("[plugins.swap]\nenabled = false\n")
        await host.reload_config()
        with pytest.raises(PluginUnavailableError, match="disabled"):
            await host.call_tool("swap.which", {})
        toml.write_text("")
        await host.reload_config()
        assert await host.call_tool("swap.which", {}) == ["hello", []]


async def test_settings_that_do_not_fit_leave_the_plugin_as_it_was(
    site: Site, lumos_host: OpenHost, tmp_path: Path, seen: Any
) -> None:
    site.install("swap", **SHOWS)
    async with lumos_host() as host:
        events = seen(host)
        (tmp_path / "lumos.toml").write_text("[plugins.swap.settings]\ngreeting = 3\n[plugins.time]\nenabled = false\n")
        await host.reload_config()
        assert await host.call_tool("swap.which", {}) == ["hello", []]
        failed = next(e for e in events if e.type == "plugin.failed")
        assert "[plugins.swap.settings]: greeting: the value is not of type" in failed.detail
        assert host.plugins.get("time").state == "disabled"


async def test_a_right_that_was_taken_is_gone_though_the_settings_do_not_fit(
    site: Site, lumos_host: OpenHost, tmp_path: Path
) -> None:
    site.install("swap", **SHOWS)
    async with lumos_host(plugins={"swap": {"grant": {"env": ["HOME"]}}}) as host:
        (tmp_path / "lumos.toml").write_text("[plugins.swap.settings]\ngreeting = 3\n")
        await host.reload_config()
        with pytest.raises(PluginUnavailableError, match="the plugin is broken"):
            await host.call_tool("swap.which", {})


async def test_a_configuration_that_is_wrong_changes_nothing(site: Site, lumos_host: OpenHost, tmp_path: Path) -> None:
    site.install("swap", **SHOWS)
    async with lumos_host() as host:
        (tmp_path / "lumos.toml").write_text('[plugins.swap]\nenabeld = false\n[agents.new]\nmodel = "test/x"\n')
        with pytest.raises(
            ConfigError, match="lumos.toml:2: plugins.swap.enabeld: unknown key; did you mean 'enabled'"
        ):
            await host.reload_config()
        assert await host.call_tool("swap.which", {}) == ["hello", []]
        assert host.agents == {}


async def test_agents_of_the_file_come_and_go(lumos_host: OpenHost, tmp_path: Path) -> None:
    async with lumos_host(agents=[]) as host:
        (tmp_path / "lumos.toml").write_text('[agents.one]\nmodel = "test/x"\n')
        await host.reload_config()
        assert set(host.agents) == {"one"}
        (tmp_path / "lumos.toml").write_text('[agents.two]\nmodel = "test/x"\n')
        await host.reload_config()
        assert set(host.agents) == {"two"}


async def test_the_grant_is_told(site: Site, lumos_host: OpenHost) -> None:
    site.install("swap", **SHOWS)
    async with lumos_host(plugins={"swap": {"grant": {"env": ["HOME", "OTHER"]}}}) as host:
        grant = host.plugins.grant("swap")
        assert grant.effective.env == ("HOME",)
        assert grant.requested.env == ("HOME", "PATH")


CONTRIBUTES = """
from lumosai_sdk import hookimpl, tool

@tool
async def late() -> str:
    "Came late."
    return "late {version}"

@hookimpl
def lumos_contribute(contributions):
    contributions.add("tool", "swap.late", late, side_effects=True)
"""


async def test_what_is_contributed_at_run_time_is_swapped_like_the_rest(site: Site, lumos_host: OpenHost) -> None:
    def version(number: str) -> dict[str, Any]:
        files = {"code.py": code(number), "hooks.py": CONTRIBUTES.replace("{version}", number)}
        return {"head": 'hooks = ["lumos_contribute"]\n', "files": files}

    site.install("swap", "1.0", **version("1"))
    async with lumos_host() as host:
        assert await host.call_tool("swap.late", {}) == "late 1"
        assert host.registry.get("tool", "swap.late").data["side_effects"] is True
        site.install("swap", "2.0", **version("2"))
        await host.plugins.refresh()
        assert await host.call_tool("swap.late", {}) == "late 2"
        await host.plugins.disable("swap")
        with pytest.raises(PluginUnavailableError):
            await host.call_tool("swap.late", {})


@pytest.mark.parametrize(
    ("kind", "said"),
    [("'tool', 'swap.x', object()", "'swap.x' is no tool"), ("'toy', 'swap.x', 1", "there is no kind")],
)
async def test_what_is_no_contribution_breaks_the_plugin(
    site: Site, lumos_host: OpenHost, kind: str, said: str
) -> None:
    hooks = (
        f"from lumosai_sdk import hookimpl\n@hookimpl\ndef lumos_contribute(contributions): contributions.add({kind})"
    )
    site.install("swap", head='hooks = ["lumos_contribute"]\n', files={"hooks.py": hooks, "code.py": code("1")})
    async with lumos_host() as host:
        assert said in host.plugins.get("swap").reason


async def test_an_open_circuit_is_listed(site: Site, lumos_host: OpenHost) -> None:
    site.install(
        "swap", files={"code.py": "from lumosai_sdk import tool\n@tool\nasync def which() -> str: return 1 / 0"}
    )
    async with lumos_host() as host:
        for _ in range(5):
            with pytest.raises(PluginError, match="ZeroDivisionError"):
                await host.call_tool("swap.which", {})
        with pytest.raises(PluginUnavailableError, match="circuit open"):
            await host.call_tool("swap.which", {})
        listed = host.plugins.get("swap").to_json()
        assert (listed["circuit"], listed["failures"]) == ("open", 5)
        await host.plugins.reload("swap")
        assert "circuit" not in host.plugins.get("swap").to_json()


async def test_events_from_a_plugins_thread_arrive_on_the_loop(site: Site, lumos_host: OpenHost) -> None:
    speaks = """
from lumosai_sdk import tool
from lumosai_sdk.types.tools import ToolSpec
from lumosai_sdk.types.events import HostWarning
import asyncio

class Speaks:
    def __init__(self, context):
        self.context = context

    @property
    def spec(self):
        return ToolSpec("swap.which")

    async def call(self, arguments, context):
        self.context.emit(HostWarning(detail="from the loop"))
        await asyncio.to_thread(self.context.emit, HostWarning(detail="from a thread"))

which = Speaks
"""
    site.install("swap", files={"code.py": speaks})
    async with lumos_host() as host:
        with host.bus.follow() as stream:
            await host.call_tool("swap.which", {})
            details = []
            async with asyncio.timeout(5):
                async for event in stream:
                    details.append(getattr(event, "detail", ""))
                    if len(details) == 2:  # noqa: PLR2004
                        break
        assert details == ["from the loop", "from a thread"]


STORE = """
from lumosai_plugins.memory.store import MemoryStorage

VERSION = "{version}"

class Store(MemoryStorage):
    pass
"""
STORES = '[[contributes.storage]]\nid = "{name}"\ntarget = "{package}.code:Store"\n'


async def test_the_storage_in_use_stays_as_it_is(
    site: Site, lumos_host: OpenHost, tmp_path: Path, scripted_model: ScriptedModel, seen: Any
) -> None:
    def store(version: str) -> None:
        site.install("store", version, manifest=STORES, files={"code.py": STORE.replace("{version}", version)})

    scripted_model.script("kept")
    store("1.0")
    async with lumos_host(storage={"use": "store"}, agents=[Agent("a", model="test/m")]) as host:
        result = await host.run("a", "?")
        for attempt in (host.plugins.disable("store"), host.plugins.reload("store")):
            with pytest.raises(ConflictError, match="plugin 'store' is in use by the host"):
                await attempt
        (tmp_path / "lumos.toml").write_text('[storage]\nuse = "store"\n[plugins.store]\nenabled = false\n')
        await host.reload_config()
        events = seen(host)
        store("2.0")
        await host.plugins.refresh()
        assert "taken up at the next start" in str([getattr(e, "detail", "") for e in events])
        site.uninstall("store")
        await host.plugins.refresh()
        assert host.plugins.get("store").version == "1.0"
        assert (await host.runs.get(result.run_id)).text == "kept"
        assert (await host.run(Agent("b", model="test/m"), "?")).text == "kept"


async def test_a_table_of_no_plugin_is_warned_of(site: Site, tmp_path: Path) -> None:
    host = Host(build({"plugins": {"no-such": {}}, "host": {"data_dir": tmp_path}, "storage": {"use": "memory"}}))
    events: list[Event] = []
    host.bus.listen(events.append)
    async with host:
        warnings = [e.detail for e in events if isinstance(e, HostWarning)]
    assert "[plugins.no-such]: there is no such plugin" in warnings


def test_forgetting_a_package_leaves_others_with_a_longer_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("lumos_test_x", "lumos_test_x.code", "lumos_test_xy"):
        module = ModuleType(name)
        module.__file__ = str(tmp_path / "__init__.py")
        monkeypatch.setitem(sys.modules, name, module)
    record = {"name": "x", "package": "lumos_test_x:attr", "root": str(tmp_path)}
    assert set(modules.forget(record)) == {"lumos_test_x", "lumos_test_x.code"}
    assert "lumos_test_xy" in sys.modules
