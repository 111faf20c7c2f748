"""``lumos plugin inspect`` and ``run``: components, called with the rights the command line names and no others."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("wasmtime")

from wasmtime import wat2wasm

from lumosai.cli.plugins import rights
from lumosai.cli.plugins.guest import OpenGuest
from lumosai.cli.plugins.schematext import signature
from lumosai_sandbox.componentize import componentize
from lumosai_sandbox.jail import supported
from lumosai_sdk.errors import InputError

Cli = Callable[..., Any]
PROBE = Path(__file__).parent / "components" / "probe.wat"
SUMS = """
(component
  (core module $m
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "half") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2))))
  (core instance $i (instantiate $m))
  (func (export "add") (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $i "add")))
  (func (export "half") (param "of" float64) (result float64) (canon lift (core func $i "half"))))
"""
FOREIGN = """
(component
  (import "acme:db/query@1.0.0" (instance (export "run" (func))))
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func (export "f") (canon lift (core func $i "f"))))
"""
jailed = pytest.mark.skipif(not supported(), reason="no process can be jailed here")


def probe() -> bytes:
    text = PROBE.read_text(encoding="utf-8")

    def size(at: int) -> str:
        found = re.search(rf'\(data \(i32.const {at}\) "(.*)"\)', text)
        assert found is not None
        return str(len(found[1].replace('\\"', '"')))

    return componentize(bytes(wat2wasm(text.replace("DESCRIBED", size(1024)).replace("FAILED", size(128)))))


@pytest.fixture(scope="session")
def components(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("components")
    (made / "probe.wasm").write_bytes(probe())
    (made / "sums.wasm").write_bytes(bytes(wat2wasm(SUMS)))
    (made / "foreign.wasm").write_bytes(bytes(wat2wasm(FOREIGN)))
    return made


@pytest.fixture(autouse=True)
def _here(folder: Path, components: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for wasm in components.iterdir():
        shutil.copy(wasm, folder)


@pytest.fixture
def call(cli: Cli) -> Cli:
    """Call a tool of the probe in this process, which is quicker than a jail."""
    return lambda *words: cli("plugin", "run", "probe.wasm", *words, "--tier", "process")


# --- inspect


def test_what_a_plugin_would_need(cli: Cli) -> None:
    done = cli("plugin", "inspect", "probe.wasm")
    assert done.code == 0
    assert "a plugin for LumosAI" in done.out
    assert '    [permissions]\n    env = ["NAME"]\n' in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    told = cli("plugin", "inspect", "probe.wasm", "--json").json
    assert (told["kind"], told["runs"], told["wasi"]) == ("plugin", True, False)
    assert told["imports"] == ["lumos:plugin/env@1.0.0"]
    assert told["permissions"] == ['env = ["NAME"]']
    assert len(told["sha256"]) == 64


@jailed
def test_the_functions_of_a_component_that_is_nobodys(cli: Cli) -> None:
    done = cli("plugin", "inspect", "sums.wasm")
    assert done.code == 0
    assert "add(a: integer, b: integer) -> integer" in done.out
    assert "it needs none" in done.out
    told = cli("plugin", "inspect", "sums.wasm", "--json").json
    assert (told["kind"], told["tier"]) == ("component", "jail")
    assert [f["name"] for f in told["functions"]] == ["add", "half"]
    assert told["functions"][0]["input_schema"]["required"] == ["a", "b"]


def test_what_cannot_run_here_is_told_with_the_reason(cli: Cli, folder: Path) -> None:
    done = cli("plugin", "inspect", "foreign.wasm")
    assert (done.code, "acme:db/query@1.0.0" in done.out) == (6, True)
    (folder / "text.wasm").write_text("hello")
    done = cli("plugin", "inspect", "text.wasm", "--json")
    assert (done.code, done.json["runs"]) == (6, False)
    assert "WebAssembly" in done.json["why"]
    assert cli("plugin", "inspect", "none.wasm").code == 1


# --- run


def test_a_call(call: Cli) -> None:
    done = call("probe.echo", '{"text": "hi"}')
    assert (done.code, json.loads(done.out)) == (0, {"text": "hi"})
    assert re.search(r"probe\.echo: .* in this process", done.err)
    assert call("echo", '{"text": "hi"}').code == 0


@jailed
def test_a_call_in_a_jail(cli: Cli) -> None:
    done = cli("plugin", "run", "probe.wasm", "echo", '{"text": "hi"}', "--json")
    assert (done.code, done.json["tier"], done.json["result"]) == (0, "jail", {"text": "hi"})


@jailed
def test_any_components_functions_are_called_by_name_or_in_order(cli: Cli) -> None:
    assert cli("plugin", "run", "sums.wasm", "add", '{"a": 20, "b": 22}').out == "42\n"
    assert cli("plugin", "run", "sums.wasm", "add", "[1, -3]").out == "-2\n"
    assert cli("plugin", "run", "sums.wasm", "half", "[5]").out == "2.5\n"


def test_arguments_come_from_files_and_standard_input_too(
    call: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "given.json").write_text('{"text": "from a file"}')
    assert json.loads(call("echo", "@given.json").out) == {"text": "from a file"}
    monkeypatch.setattr("sys.stdin", io.StringIO('{"text": "piped"}'))
    assert json.loads(call("echo", "-").out) == {"text": "piped"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "probe.wasm has 5 functions:\n  probe.echo(text: string)"),
        (["ecoh"], "no function 'ecoh'; did you mean 'echo'?"),
        (["probe.ecoh"], "did you mean 'probe.echo'?"),
        (["echo"], '"text" is a required property'),
        (["echo", '{"text": 1}'], "do not fit"),
        (["echo", "{text}"], "not JSON"),
        (["echo", '"text"'], "must be a JSON object"),
        (["echo", "@none.json"], "@none.json: No such file"),
        (["echo", "{}", "--memory", "lots"], "--memory: 'lots' is no quantity"),
        (["echo", "{}", "--allow-http", "example.org"], "--allow-http"),
        (["echo", "{}", "--allow-http", "https://a.org/*", "--secret", "key=hunter2"], "written as a reference"),
    ],
)
def test_wrong_usage(call: Cli, words: list[str], said: str) -> None:
    done = call(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "hunter2" not in done.err


def test_a_right_that_was_not_given_is_named_by_its_flag(call: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    done = call("env")
    assert (done.code, done.out) == (4, "")
    assert done.err.count("not granted") == 1
    assert "hint: --allow-env HOME allows it" in done.err
    assert "lumos.toml" not in done.err
    assert call("env", "--allow-env", "HOME").out == "/somewhere\n"
    assert call("env", "--allow-env", "PATH").code == 4
    told = call("env", "--json").json
    assert (told["ok"], told["denied"][0]["flag"]) == (False, "--allow-env HOME")


@pytest.mark.parametrize(
    ("function", "code", "said"),
    [
        ("fail", 1, "there is no such city"),
        ("spin", 5, "hint: --time 10s allows more"),
        ("crash", 6, "unreachable"),
    ],
)
def test_how_a_call_ended_is_told_by_the_exit_code(call: Cli, function: str, code: int, said: str) -> None:
    done = call(function, "--time", "200ms")
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_what_a_component_logs_is_shown_beside_its_answer(call: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    async def logs(self: OpenGuest, *_: object) -> str:
        self._plugin.context.log.debug("looking\nfake line")
        self._plugin.context.log.error("gone")
        return "done"

    monkeypatch.setattr(OpenGuest, "call", logs)
    shown = call("echo", '{"text": "hi"}')
    assert shown.out == "done\n"
    assert re.search(r"^  [\d:]{8} debug   looking.+fake line$", shown.err, re.MULTILINE)
    assert re.search(r"^  [\d:]{8} error   gone$", shown.err, re.MULTILINE)
    told = call("echo", '{"text": "hi"}', "--json")
    assert told.json["log"][1] == {"level": "error", "message": "gone"}
    assert "gone" not in told.err


def test_an_example_of_the_arguments_can_be_copied(call: Cli) -> None:
    assert """hint: lumos plugin run probe.wasm probe.echo '{"text": "…"}'""" in call("echo", "{}").err


def test_what_does_not_run_is_not_called(cli: Cli, folder: Path) -> None:
    (folder / "text.wasm").write_text("hello")
    assert cli("plugin", "run", "text.wasm", "f").code == 6
    assert cli("plugin", "run", "none.wasm", "f").code == 1


# --- from flags to rights and back


@pytest.mark.parametrize(
    ("function", "texts", "flag"),
    [
        ("env.get", ("HOME",), "--allow-env HOME"),
        ("kv.get", ("key",), "--kv"),
        ("clock.now", (), "--clock"),
        ("random.bytes", ("8",), "--random"),
        ("tools.call", ("time.now", "{}"), "--allow-tool time.now"),
        ("model.complete", ('{"model": "openai/x"}',), "--allow-model openai/x"),
        ("files.read", ("docs/a.md", ""), "--allow-file 'read docs'"),
        ("files.write", ("out/a.md", "x", ""), "--allow-file 'write out'"),
        ("files.list-folder", ("docs",), "--allow-file 'read docs'"),
        ("http.fetch", ('{"url": "https://u:p@a.org/x?q=1"}',), "--allow-http 'GET https://a.org/x'"),
        ("http.fetch", ('{"method": "post", "url": "https://a.org"}',), "--allow-http 'POST https://a.org'"),
        ("http.fetch", ("nonsense",), None),
        ("secrets.get", ("key",), "--secret key=env:NAME"),
        ("env.get", ("$(touch pwned)",), "--allow-env '$(touch pwned)'"),
        ("log.write", ("info", "x", ""), None),
    ],
)
def test_the_flag_that_would_allow_a_call(function: str, texts: tuple[str, ...], flag: str | None) -> None:
    assert rights.flag_for(function, texts) == flag


def test_secrets_are_bound_to_the_hosts_that_are_allowed() -> None:
    hosts = ("GET https://a.org/*", "POST https://a.org/*", "GET https://b.org/*")
    assert rights.secret_rules("key=env:KEY", hosts) == ["key to a.org", "key to b.org"]
    assert rights.secret_rules("key=env:KEY to c.org", hosts) == ["key to c.org"]
    with pytest.raises(InputError, match="--allow-http"):
        rights.secret_rules("key=env:KEY", ())


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        (None, "f(…)"),
        ({"type": "object", "properties": {}}, "f()"),
        (
            {"properties": {"a": {"type": "string"}, "b": {"type": ["integer", "null"]}}, "required": ["a"]},
            "f(a: string, b?: integer | null)",
        ),
        ({"properties": {"a": {"type": "array", "items": {"enum": ["x", 1]}}}}, 'f(a?: ("x" | 1)[])'),
        ({"properties": {"a": {"type": "string", "contentEncoding": "base64"}}}, "f(a?: base64)"),
    ],
)
def test_schemas_are_read_by_people(schema: dict[str, Any] | None, shown: str) -> None:
    assert signature("f", schema) == shown


# --- new --from


@jailed
def test_a_component_of_others_becomes_a_plugin(cli: Cli, configure: Callable[..., Path], folder: Path) -> None:
    made = cli("plugin", "new", "sums", "--from", "sums.wasm", "--json").json
    assert "lumosai_sums/lumos-plugin.toml" in made["files"]
    configure(host=f'plugin_paths = ["{folder / "sums"}"]')
    assert cli("tools", "call", "sums.add", '{"a": 40, "b": 2}').out.strip() == "42"
    assert cli("tools", "call", "sums.half", '{"of": 3}').out.strip() == "1.5"
    assert "do not fit" in cli("tools", "call", "sums.add", '{"a": "x", "b": 2}').err


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("probe.wasm", "is a plugin for LumosAI already"),
        ("foreign.wasm", "imports what this host does not offer: acme:db/query@1.0.0"),
        ("none.wasm", "none.wasm"),
    ],
)
def test_what_cannot_become_one_leaves_nothing_behind(cli: Cli, folder: Path, file: str, says: str) -> None:
    done = cli("plugin", "new", "other", "--from", file)
    assert done.code != 0
    assert says in done.err
    assert not (folder / "other").exists()
