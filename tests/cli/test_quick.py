"""The short look at a configuration means what the whole reading of it means, or is not taken."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lumosai.cli import quick
from lumosai.plugins import index
from lumosai_sdk.errors import ConfigError

Cli = Callable[..., Any]
AddPlugin = Callable[..., Path]
TOOL = '[[contributes.tool]]\nid = "{0}.do"\ntarget = "{0}.code:do"\n'

CONFIGS = [
    "",
    "[host]\nsafe_mode = true\n",
    '[host]\nsafe_mode = "false"\n',
    '[host]\nsafe_mode = "true"\n',
    "[host]\nsafe_mode = 0\n",
    '[plugins.good]\nenabled = "false"\n',
    "[plugins.good]\nenabled = 0\n",
    "[plugins.good]\nenabled = false\n",
    '[host]\nplugin_paths = ["plugins"]\n',
    '[host]\nplugin_paths = ["./plugins"]\n',
    '[host]\nplugin_paths = ["plugins/"]\n',
    '[host]\nplugin_paths = [".//plugins/./"]\n',
    '[host]\nplugin_paths = ["x/../plugins"]\n',
    '[host]\nplugin_paths = ["."]\n',
    '[host]\nplugin_paths = [""]\n',
    '[host]\nplugin_paths = ["/plugins", "~/plugins"]\n',
]
WRONG = [
    '[host]\nsafe_mode = "perhaps"\n',
    "[host]\nsafe_mode = []\n",
    '[host]\nplugin_paths = "plugins"\n',
    "[host]\nplugin_paths = [1]\n",
    "[plugins.good]\nenabled = {}\n",
    "host = 1\n",
    "plugins = []\n",
    "[plugins]\ngood = true\n",
    "[host\n",
    # Whether the file is too large is not told by its beginning.
    "[host]\nsafe_mode = true\n" + "#" * (4 * 1024 * 1024),
]


@pytest.mark.parametrize("text", CONFIGS)
@pytest.mark.parametrize("path", [None, "lumos.toml", "./lumos.toml", "../work/lumos.toml", "{folder}/lumos.toml"])
def test_the_short_look_and_the_whole_reading_agree(folder: Path, text: str, path: str | None) -> None:
    (folder / "lumos.toml").write_text(text)
    named = path and path.format(folder=folder)
    assert quick.flags(named) == quick._from_config(named)


@pytest.mark.parametrize("text", WRONG)
def test_what_the_whole_reading_refuses_the_short_look_does_not_take(folder: Path, text: str) -> None:
    (folder / "lumos.toml").write_text(text)
    with pytest.raises(ConfigError):
        quick.flags()


@pytest.mark.parametrize("name", ["lumos.toml", "other.toml", "~/lumos.toml"])
def test_a_file_that_was_named_must_be_there(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for explicit in (name, None):
        with pytest.raises(ConfigError, match="there is no such file"):
            quick.flags(explicit)
        monkeypatch.setenv("LUMOS_CONFIG", name)


def test_a_folder_named_like_a_home_is_not_one(folder: Path, tmp_path: Path) -> None:
    (folder / "~").mkdir()
    (folder / "~" / "lumos.toml").write_text("[host]\nsafe_mode = false\n")
    (tmp_path / "lumos.toml").write_text("[host]\nsafe_mode = true\n")  # conftest.py makes this the home
    assert quick.flags("~/lumos.toml").safe_mode


@pytest.mark.parametrize("paths", ['["./plugins"]', '["plugins/"]', '["x/../plugins"]'])
def test_listing_and_checking_share_one_index(
    cli: Cli, add_plugin: AddPlugin, configure: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, paths: str
) -> None:
    add_plugin("good", TOOL.format("good"))
    configure('[agents.x]\ntools = ["good.do"]\n', host=f"plugin_paths = {paths}")
    Path("x").mkdir()
    assert cli("plugin", "list").code == 0
    monkeypatch.setattr("lumosai.plugins.build.build", lambda *_: pytest.fail("the index was made anew"))
    assert cli("config", "check").code == 0
    assert cli("plugin", "list").code == 0


# --- who came with the host


def install_evil(root: Path, dist: str, name: str = "evil") -> None:
    """Leave a distribution on the path as pip would."""
    package = root / "lumos_evil"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    manifest = f'schema = 1\nname = "{name}"\nversion = "1"\napi = ">=1.0,<2"\n' + TOOL.format(name)
    command = f'[[contributes.command]]\nid = "{name}.pwn"\ntarget = "lumos_evil:C"\n'
    (package / "lumos-plugin.toml").write_text(manifest + command)
    info = root / f"{dist}.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text(f"[lumosai.plugins]\n{name} = lumos_evil\n")


@pytest.fixture
def evil_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "site"
    monkeypatch.syspath_prepend(str(root))
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "own-index"))
    return root


@pytest.mark.parametrize("dist", ["lumosai-evil-1.0", "lumosai_evil-1.0", "lumosai-0.1.0-evil-1.0"])
def test_a_name_that_begins_like_the_hosts_does_not_get_past_safe_mode(
    cli: Cli, configure: Callable[..., Path], evil_site: Path, dist: str
) -> None:
    install_evil(evil_site, dist)
    found = {p["name"]: p for p in cli("plugin", "list", "--json", "--safe-mode").json}["evil"]
    assert (found["built_in"], found["state"], found["reason"]) == (False, "disabled", "safe mode")
    configure('[agents.x]\ntools = ["evil.do"]\n')
    assert cli("config", "check").code == 0
    assert "comes from a plugin that is off or broken: evil" in cli("config", "check", "--safe-mode").err
    configure(host="safe_mode = true")
    assert "pwn" not in quick.plugin_commands()
    reports = {p["name"]: p for p in cli("plugin", "doctor", "evil", "--json").json["plugins"]}
    assert reports["evil"]["state"] == "off"


# --- two of one name


def test_a_name_that_is_taken_leaves_its_holder_alone_for_every_reader(
    cli: Cli, configure: Callable[..., Path], evil_site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_evil(evil_site, "evil-1.0", "time")
    configure('[agents.x]\ntools = ["time.now"]\n[plugins.time]\nenabled = true\n')
    listed = {p["name"]: p["state"] for p in cli("plugin", "list", "--json").json}
    assert (listed["time"], listed["time (evil-1.0)"]) == ("installed", "broken")
    assert cli("config", "check").code == 0
    info = cli("plugin", "info", "time (evil-1.0)", "--json").json
    assert (info["state"], info["distribution"]) == ("broken", "evil-1.0")
    assert cli("plugin", "info", "time", "--json").json["state"] == "enabled"
    schema = cli("config", "schema").json
    assert not [n for n in schema["properties"]["plugins"]["properties"] if "evil" in n]


def test_listings_of_the_index_and_of_a_host_say_the_same(
    cli: Cli, add_plugin: AddPlugin, configure: Callable[..., Path]
) -> None:
    add_plugin("good", 'description = "Is good"\n' + TOOL.format("good"))
    add_plugin("off", TOOL.format("off"))
    add_plugin("bad", "nonsense")
    add_plugin("time", TOOL.format("time"))
    configure("[plugins.off]\nenabled = false\n", host='plugin_paths = ["plugins"]')
    for quickly in cli("plugin", "list", "--json").json:
        if quickly["name"].startswith(("good", "off", "bad", "time")):
            slowly = cli("plugin", "info", quickly["name"], "--json").json
            state = quickly.pop("state").replace("installed", "enabled")
            assert {**quickly, "state": state}.items() <= slowly.items()


def test_the_cache_of_an_older_form_is_not_believed(cli: Cli, evil_site: Path) -> None:
    cli("plugin", "list")
    path = Path(index.cache_path())
    path.write_text(path.read_text().replace(f'"format": {index.FORMAT}', '"format": 1').replace("moon", "mars"))
    assert "mars" not in cli("plugin", "list").out
