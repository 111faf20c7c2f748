# ruff: noqa: PLR2004
from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest  # noqa: TC002 - as TC001

Cli = Callable[..., Any]


def test_show_is_toml_that_can_be_read_again(cli: Cli, scripted: Path) -> None:
    shown = tomllib.loads(cli("config", "show").out)
    assert shown["models"]["default"] == "scripted/script"
    assert shown["server"]["port"] == 8642
    assert cli("config").out == cli("config", "show").out
    assert cli("config", "show", "--json").json["agents"]["careful"]["approve"] == ["calculator.*"]


def test_show_a_part(cli: Cli, scripted: Path) -> None:
    assert tomllib.loads(cli("config", "show", "agents.careful").out)["agents"]["careful"]["approve"] == [
        "calculator.*"
    ]
    assert cli("config", "show", "models.default").out == '[models]\ndefault = "scripted/script"\n'
    assert cli("config", "show", "models.default", "--json").json == "scripted/script"
    done = cli("config", "show", "agnts")
    assert done.code == 1
    assert "no section 'agnts'; did you mean 'agents'?" in done.err


def test_the_environment_wins(cli: Cli, scripted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_SERVER__PORT", "9")
    assert cli("config", "show", "server.port", "--json").json == 9


def test_a_variable_that_is_no_section_is_left_alone(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_MODELS", "/somewhere/models")
    assert cli("config", "show", "models.default", "--json").json == "local/smollm2"


def test_secrets_are_not_shown_references_are(cli: Cli, configure: Callable[..., Path]) -> None:
    configure(
        '[plugins.openai.settings]\napi_key = "env:OPENAI_API_KEY"\nheaders = { X-Api-Key = "sk-leak" }\n'
        '[plugins.openai.settings.endpoints.x]\nbase_url = "https://example.org/v1"\npassword = "hunter2"\n'
    )
    for words in (["show"], ["show", "--json"], ["show", "plugins"]):
        out = cli("config", *words).out
        assert "env:OPENAI_API_KEY" in out
        assert "sk-leak" not in out
        assert "hunter2" not in out


def test_check_says_fine(cli: Cli, scripted: Path) -> None:
    done = cli("config", "check")
    assert (done.code, done.out, done.err) == (0, f"{scripted}: fine\n", "")
    assert cli("config", "check", "--json").json == {"path": str(scripted), "ok": True, "problems": []}


def test_check_without_a_file(cli: Cli) -> None:
    assert cli("config", "check").out == "the defaults: fine\n"


BAD = """\
[host]
default_agent = "assistent"
plugin_paths = ["nope"]
monitors = ["consol"]
[models]
default = "scriptd/echo"
embedding = "local/minilm"
[models.aliases]
fast = "nobody/x"
[storage]
use = "sqlit"
[server]
auth = ["badge"]
[agents.assistant]
tools = ["time.nowe", "http.*", "nix.*"]
model = ["smart", "fast"]
processors = ["nothing"]
[agents.other]
[plugins.tim]
[plugins.http]
enabled = false
[plugins.sqlite.settings]
foo = 1
[plugins.calculator.settings]
deep = true
"""


def test_check_names_line_key_and_what_is_near(cli: Cli, folder: Path) -> None:
    (folder / "lumos.toml").write_text(BAD)
    done = cli("config", "check", "--json")
    assert done.code == 1
    at = f"{folder / 'lumos.toml'}:"
    problems = [p.removeprefix(at) for p in done.json["problems"]]
    assert [p for p in problems if not p.startswith(("25", "23"))] == [
        "2: host.default_agent: there is no agent 'assistent'; did you mean 'assistant'?",
        "3: host.plugin_paths: there is no folder 'nope'",
        "4: host.monitors: there is no monitor 'consol'; did you mean 'console'?",
        "11: storage.use: there is no storage 'sqlit'; did you mean 'sqlite'?",
        "13: server.auth: there is no auth 'badge'",
        "6: models.default: there is no provider 'scriptd'; did you mean 'scripted'?",
        "9: models.aliases.fast: there is no provider 'nobody'",
        "19: plugins.tim: there is no plugin 'tim'; did you mean 'time'?",
        "15: agents.assistant.tools: there is no tool 'time.nowe'; did you mean 'time.now'?",
        "15: agents.assistant.tools: the tool 'http.*' comes from a plugin that is off or broken: http",
        "15: agents.assistant.tools: there is no tool 'nix.*'",
        "17: agents.assistant.processors: there is no processor 'nothing'",
        "16: agents.assistant.model: there is no model alias 'smart'; did you mean 'fast'?",
        "16: agents.assistant.model: there is no provider 'nobody'",
    ] or problems
    assert any("plugins.sqlite.settings" in p for p in problems)
    assert any("the plugin 'calculator' has no settings" in p for p in problems)


def test_check_tells_each_problem_as_a_line(cli: Cli, folder: Path) -> None:
    (folder / "lumos.toml").write_text('[storage]\nuse = "sqlit"\n')
    done = cli("config", "check")
    assert done.code == 1
    assert f"lumos: {folder / 'lumos.toml'}:2: storage.use: there is no storage 'sqlit'" in done.err
    assert done.out == f"{folder / 'lumos.toml'}: 1 problem\n"


def test_check_believes_that_plugins_may_contribute_later(
    cli: Cli, add_plugin: Callable[..., Path], configure: Callable[..., Path]
) -> None:
    add_plugin("late", 'hooks = ["lumos_contribute"]\n')
    configure('[agents.x]\ntools = ["late.made", "late.*"]\n', host='plugin_paths = ["plugins"]')
    assert cli("config", "check").code == 0


def test_check_in_safe_mode_leaves_strangers_out(
    cli: Cli, add_plugin: Callable[..., Path], configure: Callable[..., Path]
) -> None:
    add_plugin("extra", '[[contributes.tool]]\nid = "extra.do"\ntarget = "extra:do"\n')
    configure('[agents.x]\ntools = ["extra.do"]\n', host='plugin_paths = ["plugins"]')
    assert cli("config", "check").code == 0
    assert cli("config", "check", "--safe-mode").code == 1


def test_check_names_the_line_of_a_plugins_setting(cli: Cli, folder: Path) -> None:
    (folder / "lumos.toml").write_text("\n[plugins.remember.settings.window]\ntokens = 'many'\n")
    told = f"lumos: {folder / 'lumos.toml'}:3: plugins.remember.settings: window.tokens: the value is not of type"
    assert told in cli("config", "check").err


def test_settings_that_do_not_fit_send_to_the_check(cli: Cli, folder: Path) -> None:
    settings = "[plugins.remember.settings.window]\ntokens = 'many'\n"
    (folder / "lumos.toml").write_text(f'[agents.x]\nmemory = ["remember.window"]\n{settings}')
    assert cli("run", "x", "hi").err.endswith("hint: lumos config check\n")


def test_check_takes_several_agents_without_a_default_that_nobody_named(cli: Cli, folder: Path) -> None:
    agents = '[agents.x]\nmodel = "scripted/echo"\n[agents.y]\nmodel = "scripted/echo"\n'
    (folder / "lumos.toml").write_text(agents)
    assert cli("config", "check").code == 0
    (folder / "lumos.toml").write_text(f'[host]\ndefault_agent = "z"\n{agents}')
    assert "host.default_agent: there is no agent 'z'" in cli("config", "check").err


def test_an_unknown_key_in_a_list_of_tables_is_told_what_there_is(cli: Cli, folder: Path) -> None:
    (folder / "lumos.toml").write_text('[agents.x]\n[[agents.x.variants]]\nwhen = { tenat = ["a"] }\n')
    assert "variants.0.when.tenat: unknown key; did you mean 'tenant'?" in cli("config", "check").err


def test_check_tells_of_broken_plugins(
    cli: Cli, add_plugin: Callable[..., Path], configure: Callable[..., Path]
) -> None:
    add_plugin("sad", "nonsense")
    configure("[plugins.sad]\nenabled = true\n", host='plugin_paths = ["plugins"]')
    assert "plugins.sad: the plugin is broken" in cli("config", "check").err


def test_the_schema_knows_the_settings_of_plugins(cli: Cli, scripted: Path) -> None:
    from lumosai.validation import Validator

    schema = cli("config", "schema").json
    validator = Validator(schema)
    assert validator.is_valid(tomllib.loads(scripted.read_text()))
    assert not validator.is_valid({"plugins": {"scripted": {"settings": {"delay": "long"}}}})
    assert not validator.is_valid({"agnts": {}})
    assert json.dumps(schema)


def test_path(cli: Cli, scripted: Path, cache: Path) -> None:
    told = cli("config", "path", "--json").json
    assert told["configuration"] == str(scripted)
    assert told["data"] == str(scripted.parent / ".lumos")
    assert told["plugin index"].startswith(str(cache))
    assert str(scripted) in cli("config", "path").out


def test_path_without_a_file(cli: Cli) -> None:
    assert "none; the defaults hold" in cli("config", "path").out


AGENT = """\
[storage]
vectors = "sqlit"
[agents.clerk]
memory = ["skills.catalog", "diary"]
approve = ["skills.open"]
[[agents.clerk.variants]]
when = { tenant = ["acme"] }
tools = ["time.now", "nix"]
memory = []
approve = ["time.*", "skills.open"]
"""


def test_check_looks_at_memories_and_variants(cli: Cli, folder: Path) -> None:
    (folder / "lumos.toml").write_text(AGENT)
    done = cli("config", "check", "--json")
    at = f"{folder / 'lumos.toml'}:"
    assert [p.removeprefix(at) for p in done.json["problems"]] == [
        "2: storage.vectors: there is no vectors 'sqlit'; did you mean 'sqlite'?",
        "4: agents.clerk.memory: there is no memory 'diary'",
        "8: agents.clerk.variants.tools: there is no tool 'nix'",
        "10: agents.clerk.variants.approve: 'skills.open' fits none of the agent's tools",
    ]
