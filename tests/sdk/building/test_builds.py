"""Every language, from its scaffold to an answer of the component it is built to."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

import pytest

from lumosai_sandbox.artefacts import prepare
from lumosai_sandbox.building import Builder
from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.engine import shared
from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.inprocess import InProcess
from lumosai_sandbox.limits import MIB, Limits
from lumosai_sdk.building import Built, build, scaffold, toolchain
from lumosai_sdk.building.steps import BuildError
from lumosai_sdk.errors import PermissionDeniedError
from lumosai_sdk.manifest import load
from lumosai_sdk.types.caller import Caller

CONTEXT = json.dumps({"run_id": "r", "agent": "a", "call_id": "c", "thread_id": None, "tenant": "t", "subject": "me"})
SDK = Path(toolchain.__file__).parents[1]
Call = Callable[..., object]


def _node() -> object:
    return toolchain.node(), toolchain.node_modules(Path("/nowhere"), ("componentize-qjs", "esbuild"))


FIND = {
    "python": toolchain.componentize_py,
    "js": _node,
    "c": lambda: toolchain.zig("C"),
    "zig": lambda: toolchain.zig("Zig"),
    "rust": toolchain.rustc,
}


def needed(language: str) -> None:
    """Skip the test where the language's toolchain is not installed."""
    try:
        FIND[language]()
    except toolchain.MissingToolError as e:
        pytest.skip(e.message)


def made(language: str, folder: Path) -> Path:
    scaffold("count", language, folder)
    return folder


async def _host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
    if function == "kv.get":
        return json.dumps(f"{texts[0]} of {caller.tenant}: ü\U0001f30d")
    raise PermissionDeniedError(f"{function} was not granted", hint="grant it")


@asynccontextmanager
async def running(built: Built) -> AsyncIterator[InProcess]:
    artefact = await prepare(built.wasm)
    assert not artefact.shape.wasi
    assert all(i.startswith("lumos:plugin/") for i in artefact.shape.imports)
    with artefact.loadable() as path:
        guest = Guest.from_file(shared(), path)
    runner = InProcess("count", guest, Limits(memory=256 * MIB, memories=4, cpu=5.0, wall=20.0), _host)
    yield runner
    await runner.aclose()


async def call(runner: InProcess, tool: str, arguments: object) -> object:
    return json.loads(
        await runner.call("tool.call", tool, json.dumps(arguments), CONTEXT, caller=Caller(tenant="acme"))
    )


async def check(built: Built) -> None:
    """Check a scaffold's component and manifest."""
    manifest = load(built.manifest)
    (tool,) = manifest.contributes.tool
    assert (manifest.runtime, tool.id) == ("wasm", "count.count")
    assert tool.description.startswith("Count the words")
    assert (tool.input_schema or {})["required"] == ["text"]
    async with running(built) as runner:
        answer = await call(runner, "count.count", {"text": 'über 🌍\n\\"\t'})
        assert answer == {"words": 3, "characters": 10, "lines": 2}
        assert await call(runner, "count.count", {"text": ""}) == {"words": 0, "characters": 0, "lines": 0}
        with pytest.raises(GuestError) as e:
            await call(runner, "count.nothing", {})
        assert e.value.kind == "not-found"


@pytest.mark.timeout(180)
@pytest.mark.parametrize("language", ["c", "zig", "rust", "js"])
async def test_a_scaffold_builds_and_answers_and_comes_out_the_same_elsewhere(language: str, tmp_path: Path) -> None:
    needed(language)
    import asyncio

    def both() -> tuple[Built, Built]:
        one, two = (made(language, tmp_path / name) for name in ("one", "two/deeper"))
        return build(one, sandbox=Builder()), build(two, out=tmp_path / "out", sandbox=Builder())

    first, second = await asyncio.to_thread(both)
    await check(first)
    for a, b in ((first.wasm, second.wasm), (first.manifest, second.manifest), (first.wheel, second.wheel)):
        assert a is not None
        assert b is not None
        assert a.read_bytes() == b.read_bytes()
        assert str(tmp_path).encode() not in a.read_bytes()
        assert str(SDK).encode() not in a.read_bytes()


@pytest.mark.timeout(240)
@pytest.mark.slow
async def test_the_scaffold_in_python_builds_and_answers(tmp_path: Path) -> None:
    needed("python")
    import asyncio

    kept = toolchain.cache() / "tests" / f"python-{_digest()}"
    if not (kept / "plugin.wasm").is_file():
        folder = made("python", tmp_path / "count")
        fresh = await asyncio.to_thread(build, folder, out=tmp_path / "out", sandbox=Builder())
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(tmp_path / "out", kept, dirs_exist_ok=True)
        assert fresh.wheel is not None
    await check(Built(kept / "plugin.wasm", kept / "lumos-plugin.toml", None))


def _digest() -> str:
    """Return what the component depends on, in short."""
    found = hashlib.sha256(version("componentize-py").encode())
    for path in sorted(SDK.rglob("*")):
        if path.suffix in {".py", ".wit", ".tmpl"} and "testing" not in path.parts:
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


# --- what the libraries do


ASKS = {
    "c": (
        "src/plugin.c",
        """
#include "lumos.h"
LUMOS_DESCRIBE("{\\"contributes\\":{\\"tool\\":[{\\"id\\":\\"x.ask\\"},{\\"id\\":\\"x.reach\\"}]}}")
LUMOS_TOOL(id, arguments, context) {
  (void)context;
  lumos_text key, said;
  if (!lumos_text_of(arguments, "key", &key)) return lumos_error("invalid-input", "key is \\"missing\\"");
  bool ok = lumos_is(id, "x.ask") ? lumos_kv_get(key, &said) : lumos_kv_delete(key, &said);
  return (lumos_answer){ok, said};
}
""",
    ),
    "zig": (
        "src/plugin.zig",
        """
const lumos = @import("lumos");
const same = @import("std").mem.eql;
pub const description =
    \\\\{"contributes":{"tool":[{"id":"x.ask"},{"id":"x.reach"}]}}
;
pub fn tool(call: lumos.Call, id: []const u8, arguments: []const u8, _: []const u8) lumos.Error![]const u8 {
    const asked = try call.read(struct { key: []const u8 }, arguments);
    if (same(u8, id, "x.ask")) return call.host("kv", "get", .{asked.key});
    return call.host("kv", "delete", .{asked.key});
}
comptime {
    lumos.plugin(@This());
}
""",
    ),
    "rust": (
        "src/lib.rs",
        """
use lumos::{host, Answer, Json, Plugin};
struct X;
impl Plugin for X {
    fn describe() -> Json {
        Json::parse(r#"{"contributes":{"tool":[{"id":"x.ask"},{"id":"x.reach"}]}}"#).unwrap()
    }
    fn tool(id: &str, arguments: Json, _: Json) -> Answer {
        let key = arguments.text_of("key")?;
        if id == "x.ask" { host::kv_get(key) } else { host::kv_delete(key) }
    }
}
lumos::plugin!(X: tool);
""",
    ),
    "js": (
        "src/plugin.js",
        """
import { definePlugin, host, LumosError } from "lumos";
const tool = (call) => ({ description: "It asks.", call });
export const plugin = definePlugin({
  tools: {
    "x.ask": tool(({ key }) => {
      if (key === undefined) throw new LumosError("invalid-input", "key is missing");
      return host.kv.get(key);
    }),
    "x.reach": tool(({ key }) => host.kv.delete(key)),
  },
});
""",
    ),
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("language", list(ASKS))
async def test_the_host_is_asked_and_its_refusal_told(language: str, make: Callable[..., Path]) -> None:
    needed(language)
    import asyncio

    file, text = ASKS[language]
    options = f'[tool.lumos.build]\nlanguage = "{language}"\n'
    folder = make({file: text}, manifest="[permissions]\nkv = true\n", pyproject=options)
    built = await asyncio.to_thread(build, folder, sandbox=Builder(), pack=False)
    async with running(built) as runner:
        assert await call(runner, "x.ask", {"key": 'a"\nö😀'}) == 'a"\nö😀 of acme: ü\U0001f30d'
        with pytest.raises(GuestError) as refused:
            await call(runner, "x.reach", {"key": "k"})
        assert (refused.value.kind, refused.value.hint) == ("denied", "grant it")
        with pytest.raises(GuestError) as missing:
            await call(runner, "x.ask", {"other": [1, {"key": "}"}]})
        assert missing.value.kind == "invalid-input"


@pytest.mark.parametrize("language", ["c", "zig", "js"])
def test_what_the_compiler_says_names_the_line(language: str, make: Callable[..., Path]) -> None:
    needed(language)
    file, _ = ASKS[language]
    folder = make({file: "\n\nthis is (no program"}, pyproject=f'[tool.lumos.build]\nlanguage = "{language}"\n')
    with pytest.raises(BuildError, match=rf"plugin\.{file.rpartition('.')[2]}:3"):
        build(folder, sandbox=Builder())
    assert list((folder / "dist").iterdir()) == []


def test_without_the_sandbox_what_needs_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"lumosai\[sandbox\]"):
        build(made("c", tmp_path))
