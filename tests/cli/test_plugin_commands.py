from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from lumosai.plugins import index

pytestmark = pytest.mark.usefixtures("measured")
Cli = Callable[..., Any]
AddPlugin = Callable[..., Path]
HERE = 'plugin_paths = ["plugins"]'
TOOL = '[[contributes.tool]]\nid = "{0}.do"\ntarget = "{0}.code:do"\ndescription = "Does it"\n'
PROVIDER = '[[contributes.provider]]\nid = "sick"\ntarget = "sick.code:P"\n'
CODE = "def do(text: str = '') -> str:\n    '''Do it.'''\n    return text\n"


@pytest.fixture
def only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the folder's plugins be all there are: loading every built-in one again would test nothing new."""
    survey = index.survey

    def ours(paths: Sequence[str] = ()) -> tuple[list[str], list[list[str]]]:
        where, found = survey(paths)
        return where, [f for f in found if f[3]]

    monkeypatch.setattr(index, "survey", ours)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [])


def states(cli: Cli, *words: str) -> dict[str, str]:
    return {p["name"]: p["state"] for p in cli("plugin", "list", "--json", *words).json}


def test_the_list(cli: Cli, add_plugin: AddPlugin, configure: Callable[..., Path]) -> None:
    add_plugin("good", 'description = "Is good"\n' + TOOL.format("good"))
    add_plugin("bad", "nonsense")
    add_plugin("off", TOOL.format("off"))
    configure("[plugins.off]\nenabled = false\n", host=HERE)
    found = states(cli)
    assert (found["good"], found["bad"], found["off"], found["time"]) == (
        "installed",
        "broken",
        "disabled",
        "installed",
    )
    out = cli("plugin", "list").out
    assert "good        1.0.0    installed" in out
    assert "Is good" in out
    assert "not TOML" in out
    assert "lumos plugin enable off" in out
    assert set(cli("plugin", "list", "-q").out.split()) == set(found)


def test_safe_mode_leaves_strangers_out(cli: Cli, add_plugin: AddPlugin, configure: Callable[..., Path]) -> None:
    add_plugin("good", TOOL.format("good"))
    configure(host=HERE)
    assert states(cli)["good"] == "installed"
    found = states(cli, "--safe-mode")
    assert (found["good"], found["time"]) == ("disabled", "installed")
    configure(host=HERE + "\nsafe_mode = true")
    assert states(cli)["good"] == "disabled"


def test_the_environment_decides_too(
    cli: Cli, add_plugin: AddPlugin, configure: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_plugin("good", TOOL.format("good"))
    configure(host=HERE)
    monkeypatch.setenv("LUMOS_PLUGINS__good__ENABLED", "false")
    assert states(cli)["good"] == "disabled"
    monkeypatch.setenv("LUMOS_HOST__SAFE_MODE", "true")
    assert states(cli)["moon"] == "disabled"


def test_a_name_that_is_taken_twice_is_listed_under_its_distribution(
    cli: Cli, add_plugin: AddPlugin, configure: Callable[..., Path]
) -> None:
    add_plugin("time", TOOL.format("time"))
    configure(host=HERE)
    assert [n for n, s in states(cli).items() if s == "broken" and n.startswith("time (folder:")]


def test_names_that_a_shell_would_expand_are_not_completed(
    cli: Cli, folder: Path, configure: Callable[..., Path]
) -> None:
    root = folder / "plugins" / "$(touch pwned)"
    root.mkdir(parents=True)
    (root / "lumos-plugin.toml").write_text("nonsense")
    configure(host=HERE)
    assert any("$(touch" in n for n in states(cli))
    assert "$" not in cli("plugin", "list", "-q").out


def test_a_hostile_description_cannot_move_the_terminal(
    cli: Cli, add_plugin: AddPlugin, configure: Callable[..., Path]
) -> None:
    hostile = 'description = "\\u001b[2J\\u009b2J\\u202e"\n'
    add_plugin("evil", hostile + '[[contributes.command]]\nid = "evil.go"\ntarget = "evil:go"\n' + hostile)
    configure(host=HERE)
    for words in (["plugin", "list"], ["plugin", "list", "--json"], ["plugin", "info", "evil"], ["--help"]):
        assert not {"\x1b", "\x9b", "\u202e"} & set(cli(*words).out), words


# --- info


def test_info(cli: Cli, add_plugin: AddPlugin, configure: Callable[..., Path]) -> None:
    add_plugin(
        "net",
        'description = "Talks"\n'
        '[permissions]\nhttp = ["GET https://example.org/*"]\nfiles = ["read ./docs"]\nclock = true\n'
        "[settings_schema]\ntype = 'object'\n"
        "[settings_schema.properties]\n"
        "key = { type = 'string', format = 'secret', description = 'The key' }\n"
        "level = { enum = ['low', 'high'], default = 'low' }\n"
        "password = { type = 'string' }\n" + TOOL.format("net"),
        code=CODE,
    )
    configure(
        '[plugins.net.grant]\nfiles = ["read ./docs"]\n[plugins.net.settings]\nkey = "env:KEY"\npassword = "hunter2"\n',
        host=HERE,
    )
    out = cli("plugin", "info", "net").out
    assert "tool net.do" in out
    assert "asks to make web requests: GET https://example.org/*" in out
    assert "asks to use files: read ./docs" in out
    assert "may use files: read ./docs" in out
    assert '    [plugins.net.grant]\n    http = ["GET https://example.org/*"]\n    clock = true\n' in out
    assert 'The key (secret) now "env:KEY"' in out
    assert '("low" | "high", default "low")' in out
    assert "hunter2" not in out
    told = cli("plugin", "info", "net", "--json").json
    assert told["permissions"]["missing"] == {"http": ["GET https://example.org/*"], "clock": True}
    assert told["permissions"]["effective"] == {"files": ["read ./docs"]}
    assert [s["name"] for s in told["settings"]] == ["key", "level", "password"]
    assert "hunter2" not in str(told)


def test_the_lines_that_are_offered_grant_what_is_missing(
    cli: Cli, add_plugin: AddPlugin, configure: Callable[..., Path]
) -> None:
    add_plugin("net", '[permissions]\nhttp = ["* https://*:*/*"]\nmodels = ["openai/*"]\nkv = true\n', code=CODE)
    configure(host=HERE)
    out = cli("plugin", "info", "net").out
    lines = "\n".join(x.strip() for x in out.partition("lumos.toml:\n")[2].splitlines() if x.startswith("    "))
    configure(f"{lines}\n", host=HERE)
    assert cli("plugin", "info", "net", "--json").json["permissions"]["missing"] == {}


def test_info_of_what_is_broken(cli: Cli, add_plugin: AddPlugin, configure: Callable[..., Path]) -> None:
    add_plugin("bad", 'api = "twice"\n')
    configure(host=HERE)
    done = cli("plugin", "info", "bad")
    assert done.code == 0
    assert "broken: " in done.out


def test_info_of_what_is_not_there(cli: Cli) -> None:
    done = cli("plugin", "info", "tme")
    assert done.code == 1
    assert "no plugin 'tme'; did you mean 'time'?" in done.err


# --- enable, disable


def test_switching_off_and_on_keeps_what_people_wrote(cli: Cli, folder: Path, scripted: Path) -> None:
    path = folder / "lumos.toml"
    before = path.read_text() + "\n# a remark of mine\n"
    path.write_text(before)
    done = cli("plugin", "disable", "moon")
    assert (done.code, done.out) == (0, f"moon is off: [plugins.moon] enabled = false in {path}\n")
    assert "# a remark of mine" in path.read_text()
    assert states(cli)["moon"] == "disabled"
    assert cli("plugin", "enable", "moon").code == 0
    assert states(cli)["moon"] == "installed"


def test_a_configuration_is_made_where_there_is_none_and_that_is_said(cli: Cli, folder: Path) -> None:
    done = cli("plugin", "disable", "moon")
    assert "lumos.toml is new; this folder's data are kept in" in done.out
    assert tomllib.loads((folder / "lumos.toml").read_text()) == {"plugins": {"moon": {"enabled": False}}}


def test_switching_as_json(cli: Cli, folder: Path) -> None:
    assert cli("plugin", "disable", "moon", "--json").json == {
        "plugin": "moon",
        "enabled": False,
        "state": "disabled",
        "path": str(folder / "lumos.toml"),
        "made": True,
    }


def test_switching_what_is_not_there_changes_nothing(cli: Cli, folder: Path) -> None:
    done = cli("plugin", "disable", "mon")
    assert done.code == 1
    assert "did you mean 'moon'?" in done.err
    assert not (folder / "lumos.toml").exists()


def test_enabling_what_is_broken_says_so(cli: Cli, add_plugin: AddPlugin, configure: Callable[..., Path]) -> None:
    add_plugin("bad", "nonsense")
    configure(host=HERE)
    assert "but it is broken: " in cli("plugin", "enable", "bad").out


def test_reloading_needs_a_running_host(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_SERVER__PORT", "1")
    done = cli("plugin", "reload", "time")
    assert done.code == 1
    assert "no host answers at 127.0.0.1:1" in done.err
    assert "hint: lumos up" in done.err


# --- doctor


@pytest.fixture
def ward(add_plugin: AddPlugin, folder: Path, only_ours: None) -> Callable[..., Path]:
    (folder / "lumos.toml").write_text(f"[host]\n{HERE}\n")
    return add_plugin


def problems(cli: Cli, *words: str) -> dict[str, list[str]]:
    done = cli("plugin", "doctor", "--json", *words)
    return {p["name"]: [f"{x['what']}: {x['why']}" for x in p["problems"]] for p in done.json["plugins"]}


def test_the_doctor_finds_nothing_wrong(cli: Cli, ward: AddPlugin) -> None:
    ward("fit", TOOL.format("fit"), code=CODE)
    done = cli("plugin", "doctor")
    assert done.code == 0
    assert "✓ fit" in done.out
    assert done.err.endswith("1 plugin, 0 broken\n")


def test_the_doctor_looks_at_those_that_are_named(cli: Cli, ward: AddPlugin) -> None:
    ward("fit", TOOL.format("fit"), code=CODE)
    ward("sick", TOOL.format("sick"), code="raise OSError")
    assert cli("plugin", "doctor", "fit").code == 0
    assert set(problems(cli, "sick")) == {"sick"}
    assert "no plugin 'fti'" in cli("plugin", "doctor", "fti").err


@pytest.mark.parametrize(
    ("manifest", "code", "said"),
    [
        ("nonsense", "", "manifest: "),
        (TOOL.format("sick"), "raise OSError('no')", "tool sick.do: OSError: no"),
        (TOOL.format("sick"), "x = 1", "tool sick.do: AttributeError: "),
        (TOOL.format("sick"), "do = 3", "tool sick.do: TypeError: int is no tool"),
        (TOOL.format("sick"), "import os; os._exit(3)", "loading: the process died (exit 3)"),
        (TOOL.format("sick"), "import sys; sys.exit('bye')", "tool sick.do: SystemExit: bye"),
        (TOOL.format("sick"), "import does_not_exist", "ModuleNotFoundError: No module named 'does_not_exist'"),
        (TOOL.format("sick") + "input_schema = { type = 3 }", CODE, "tool sick.do: input_schema: not a JSON Schema"),
        (PROVIDER, "class P:\n    def __init__(s, c): 1", "no provider"),
        (
            PROVIDER + 'capabilities = ["embedding"]\n',
            "class P:\n    def __init__(s, c): 1\n    async def models(s): return []",
            "declares 'embedding', but does not meet lumosai_sdk.kinds.EmbeddingProvider",
        ),
        ('hooks = ["lumos_startup"]\n', "", "hooks: "),
        ("[settings_schema]\nrequired = ['x']\n", "", "settings: "),
    ],
)  # fmt: skip
def test_the_doctor_finds_what_is_broken(cli: Cli, ward: AddPlugin, manifest: str, code: str, said: str) -> None:
    ward("sick", manifest, code=code)
    ward("fit", TOOL.format("fit"), code=CODE)
    found = problems(cli)
    assert len(found["sick"]) == 1
    assert said in found["sick"][0]
    assert found["fit"] == []


def test_what_is_broken_is_shown_with_what_mends_it(cli: Cli, ward: AddPlugin) -> None:
    ward(
        "sick", TOOL.format("sick"), code="from lumosai_sdk.errors import MissingExtraError as E\nraise E('it', 'all')"
    )
    ward("fit", TOOL.format("fit"), code=CODE)
    done = cli("plugin", "doctor")
    assert done.code == 1
    assert (
        done.out == "✓ fit\n✗ sick\n    tool sick.do: it needs the extra 'all'\n    hint: pip install 'lumosai[all]'\n"
    )
    assert done.err == "2 plugins, 1 broken\n"


def test_the_doctor_does_not_wait_for_ever(cli: Cli, ward: AddPlugin, monkeypatch: pytest.MonkeyPatch) -> None:
    from lumosai.cli.plugins import doctor

    monkeypatch.setattr(doctor, "_SECONDS", 2)
    ward("slow", TOOL.format("slow"), code="import time\ntime.sleep(60)")
    assert problems(cli)["slow"] == ["loading: not done in 2 s"]


def test_what_a_plugin_prints_does_not_confuse_the_doctor(cli: Cli, ward: AddPlugin) -> None:
    ward("loud", TOOL.format("loud"), code="print('[]]')\n" + CODE)
    assert problems(cli)["loud"] == []


def test_the_doctor_leaves_what_is_off_alone(cli: Cli, ward: AddPlugin, folder: Path) -> None:
    ward("sick", TOOL.format("sick"), code="raise OSError")
    with (folder / "lumos.toml").open("a") as f:
        f.write("[plugins.sick]\nenabled = false\n[plugins.gone]\n")
    done = cli("plugin", "doctor")
    assert done.code == 0
    assert "- sick (off)" in done.out
    assert "[plugins.gone] is about a plugin that is not installed" in done.out


def test_the_doctor_tells_what_is_not_granted(cli: Cli, ward: AddPlugin) -> None:
    ward("net", '[permissions]\nhttp = ["GET https://example.org/*"]\n')
    done = cli("plugin", "doctor")
    assert done.code == 0
    assert 'asks for what is not granted: http = ["GET https://example.org/*"]' in done.out


def test_the_doctor_tells_what_cannot_be_reached(cli: Cli, ward: AddPlugin) -> None:
    command = "class C:\n    def __init__(s, c): 1\n    def add_arguments(s, p): 1\n    def run(s, a, c): return 0\n"
    for name in ("aa", "bb"):
        ward(name, f'[[contributes.command]]\nid = "{name}.go"\ntarget = "{name}.code:C"\n', code=command)
    ward("cc", '[[contributes.command]]\nid = "cc.run"\ntarget = "cc.code:C"\n', code=command)
    done = cli("plugin", "doctor")
    assert done.code == 1
    assert "the command bb.go cannot be called: 'go' is aa.go's" in done.out
    assert "the command cc.run cannot be called: 'run' is lumos itself's" in done.out


def test_the_doctor_mends_a_stale_index(cli: Cli, ward: AddPlugin, cache: Path) -> None:
    import json

    ward("fit", TOOL.format("fit"), code=CODE)
    cli("plugin", "list")
    path = Path(index.cache_path())
    data = json.loads(path.read_text())
    data["plugins"][0]["version"] = "9.9.9"
    path.write_text(json.dumps(data))
    assert "9.9.9" in cli("plugin", "list").out
    done = cli("plugin", "doctor")
    assert done.code == 0
    assert "the index was stale; it has been written anew" in done.out
    assert "9.9.9" not in cli("plugin", "list").out


def test_the_doctor_compares_the_index_with_the_metadata(
    cli: Cli, ward: AddPlugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.metadata import EntryPoint

    unseen = EntryPoint("ghost", "ghost_plugin", "lumosai.plugins")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [unseen])
    done = cli("plugin", "doctor")
    assert done.code == 1
    assert "ghost = ghost_plugin: installed, but the index does not see it" in done.out


@pytest.mark.slow
def test_the_doctor_finds_the_plugins_of_this_repository_fit(process: Cli) -> None:
    done = process("plugin", "doctor", "--json", timeout=120)
    assert done.code == 0, done.out
    assert {"time", "calculator", "moon"} <= {p["name"] for p in done.json["plugins"]}
