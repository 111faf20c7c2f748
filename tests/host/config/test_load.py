# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai.config.load import Loaded, build, find, load
from lumosai.config.model import Config
from lumosai.validation import Validator
from lumosai_sdk.errors import ConfigError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "lumos.toml") -> Path:
    path = Path.cwd() / name
    path.write_text(text, encoding="utf-8")
    return path


# --- finding


def test_no_file_at_all_is_a_working_configuration() -> None:
    loaded = load()
    assert (loaded.path, loaded.config) == (None, Config())
    assert set(loaded.config.agents) == {"assistant"}


def test_the_file_in_the_working_folder_is_found_and_a_named_one_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    here, other, third = write(""), write("", "other.toml"), write("", "third.toml")
    assert find() == here
    monkeypatch.setenv("LUMOS_CONFIG", "other.toml")
    assert find() == other
    assert find("third.toml") == third


def test_a_named_file_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: there is no such file") as e:
        load("none.toml")
    assert e.value.hint == "lumos init"
    monkeypatch.setenv("LUMOS_CONFIG", "gone.toml")
    with pytest.raises(ConfigError, match=r"gone\.toml: there is no such file"):
        load()


def test_paths_start_at_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    path = write('[host]\ndata_dir = "d"\n', "sub/lumos.toml")
    loaded = load(path)
    assert (loaded.base, loaded.data_dir) == (tmp_path / "sub", tmp_path / "sub" / "d")
    assert Loaded(build({}), path).data_dir == tmp_path / "sub" / ".lumos"
    monkeypatch.setenv("XDG_DATA_HOME", "/xdg")
    assert Loaded(build({}), None).data_dir == Path("/xdg/lumosai")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", "/home/x")
    assert Loaded(build({}), None).data_dir == Path("/home/x/.local/share/lumosai")
    assert Loaded(build({"host": {"data_dir": "~/d"}}), path).data_dir == Path("/home/x/d")


# --- saying what is wrong


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[server]\nprot = 1", ":2: server.prot: unknown key; did you mean 'port'?"),
        ("[sever]\nport = 1", ":1: sever: unknown key; did you mean 'server'?"),
        ("[storage]\nzzz = 1", ":2: storage.zzz: unknown key; there are: durable, events, use"),
        ("[server]\n\nport = 'x'", ":3: server.port: Input should be a valid integer"),
        ("[server]\nport = 70000", ":2: server.port: Input should be less than or equal to 65535"),
        ("[limits]\nsteps = 0", ":2: limits.steps: Input should be greater than or equal to 1"),
        ("[limits]\nseconds = -1", ":2: limits.seconds: Input should be greater than 0"),
        ("[agents.'bad id']\nmodel = 'a/b'", ":1: agents.bad id.[key]: String should match pattern"),
        ("[agents.a]\ntolos = []", ":2: agents.a.tolos: unknown key; did you mean 'tools'?"),
        ("[agents.a.limits]\nstep = 1", ":2: agents.a.limits.step: unknown key; did you mean 'steps'?"),
        ("[agents.a]\ntemperature = 3", ":2: agents.a.temperature: Input should be less than or equal to 2"),
        ("[agents.a]\nmodel = 'a b'", ":2: agents.a.model"),
        ("[plugins.p]\nenable = true", ":2: plugins.p.enable: unknown key; did you mean 'enabled'?"),
        ("[plugins.p.grant]\nhtpt = []", ":1: plugins.p.grant: unknown permission 'htpt'"),
        ("[plugins.p]\ngrant = { http = ['all'] }", ":2: plugins.p.grant: 'all' is not an http permission"),
        ("[models.prices.'a/b']\ninput = -1\noutput = 1", ":2: models.prices.a/b.input: Input should be greater"),
        ("agents = 3", ":1: agents: Input should be a valid dictionary"),
        ("[server\n", ": not TOML: "),
        ("a = 1\na = 2", ": not TOML: "),
        ("x = " + "[" * 100_000, ": not TOML: "),
    ],
)
def test_an_error_names_file_line_and_key(text: str, said: str) -> None:
    path = write(text)
    with pytest.raises(ConfigError) as e:
        load()
    assert f"{path}{said}" in str(e.value)


def test_all_errors_are_told_at_once_but_not_too_many() -> None:
    write("[server]\nport = 'x'\nhots = 'y'\n[limits]\nsteps = 0\n")
    with pytest.raises(ConfigError) as e:
        load()
    assert len(e.value.message.splitlines()) == 3
    assert e.value.hint == "lumos config check"
    write("[host]\n" + "\n".join(f"k{i} = 1" for i in range(100)))
    with pytest.raises(ConfigError) as e:
        load()
    assert len(e.value.message.splitlines()) == 8


@pytest.mark.parametrize(
    ("content", "said"), [(b"\xff", "not UTF-8 .byte 0."), (b"#" * (4 * 1024 * 1024 + 1), "larger than 4194304 bytes")]
)
def test_files_that_are_no_configuration(content: bytes, said: str) -> None:
    Path("lumos.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        load()


def test_a_file_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    write("")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigError, match=r"lumos\.toml: Permission denied"):
        load()


@given(
    st.dictionaries(
        st.sampled_from(["host", "server", "agents", "plugins", "limits", "models", "storage", "zzz"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
        ),
        max_size=3,
    )
)
def test_any_data_makes_a_configuration_or_a_config_error(data: dict[str, Any]) -> None:
    with contextlib.suppress(ConfigError):
        build(data)


# --- the environment


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[server]\nport = 1\nhost = '127.0.0.2'\n[plugins.p]\nsettings = { a = 1 }\n")
    monkeypatch.setenv("LUMOS_SERVER__PORT", "9000")
    monkeypatch.setenv("LUMOS_STORAGE__USE", "memory")
    monkeypatch.setenv("LUMOS_PLUGINS__P__ENABLED", "false")
    monkeypatch.setenv("LUMOS_HOST__MONITORS", '["console"]')
    config = load().config
    assert (config.server.port, config.server.host, config.storage.use) == (9000, "127.0.0.2", "memory")
    assert (config.plugins["p"].enabled, config.plugins["p"].settings) == (False, {"a": 1})
    assert config.host.monitors == ["console"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LUMOS_SERVER__PORT", "x", "environment variable LUMOS_SERVER__PORT: Input should be a valid integer"),
        ("lumos_server__port", "x", "environment variable lumos_server__port: "),
        ("LUMOS_SERVER__PROT", "1", "environment variable LUMOS_SERVER__PROT: unknown key; did you mean 'port'?"),
        ("LUMOS_HOST__MONITORS", "console", "environment variable LUMOS_HOST__MONITORS"),
    ],
)
def test_a_bad_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    write("[server]\nhost = '127.0.0.1'\n")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as e:
        load()
    assert said in str(e.value)


def test_an_error_in_the_file_is_not_blamed_on_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[server]\nmax_body = 0\n")
    monkeypatch.setenv("LUMOS_SERVER__PORT", "1")
    with pytest.raises(ConfigError, match=r"lumos\.toml:2: server\.max_body"):
        load()


def test_unrelated_variables_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_CACHE", "/x")
    monkeypatch.setenv("LUMOS_SOMETHING", "else")
    assert load().config == Config()


# --- the schema


def test_the_schema_describes_every_key_and_accepts_what_the_host_accepts() -> None:
    schema = Config.model_json_schema()
    assert json.loads(json.dumps(schema)) == schema
    validator = Validator(schema)
    assert validator.is_valid({})
    assert validator.is_valid(json.loads(Config().model_dump_json(exclude_none=True)))
    good = {"agents": {"a": {"model": ["x/y", "z"], "limits": {"steps": 3}}}, "plugins": {"p": {"settings": {"k": 1}}}}
    assert validator.is_valid(good)
    build(good)
    bads: list[dict[str, Any]] = [
        {"sever": {}},
        {"server": {"prot": 1}},
        {"limits": {"steps": 0}},
        {"agents": {"a": {"tolos": []}}},
    ]
    for bad in bads:
        assert not validator.is_valid(bad)
        with pytest.raises(ConfigError):
            build(bad)


def test_every_key_a_person_sets_is_described() -> None:
    schema = Config.model_json_schema()
    for section in ("HostConfig", "ServerConfig", "StorageConfig", "LimitsConfig", "ModelsConfig"):
        properties = schema["$defs"][section]["properties"]
        assert [k for k, v in properties.items() if not v.get("description")] == [], section


def test_a_configuration_cannot_be_changed_in_place() -> None:
    config = build({})
    with pytest.raises(Exception, match="frozen"):
        config.server.port = 1  # type: ignore[misc]


def test_a_ceiling_that_is_moved_leaves_the_others_where_they_are() -> None:
    found = build({"sandbox": {"ceilings": {"memory": "64MiB"}}}, "", "lumos.toml").sandbox.ceilings
    assert (found.memory, found.cpu, found.arguments) == ("64MiB", "30s", "4MiB")
