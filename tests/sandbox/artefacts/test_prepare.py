"""From a component to compiled code, and from the cache."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sandbox.generic.components import SUM
from wasmtime import component as wc
from wasmtime import wat2wasm

from lumosai_sandbox.artefacts import Artefact, StaleError, prepare, preparing
from lumosai_sandbox.artefacts import cache as entries
from lumosai_sandbox.artefacts.artefact import path_of
from lumosai_sandbox.artefacts.child import _compiled
from lumosai_sandbox.artefacts.folder import Folder
from lumosai_sandbox.artefacts.shape import Shape
from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.engine import shared
from lumosai_sandbox.engine.errors import UnfitError
from lumosai_sandbox.generic.guest import GenericGuest
from lumosai_sandbox.limits import Limits

OURS = """(component
  (core module $m (memory (export "memory") 1)
    (func (export "r") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "call") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 16)))
  (core instance $i (instantiate $m))
  (func $call (param "id" string) (param "arguments" string) (param "context" string)
    (result (result string (error string)))
    (canon lift (core func $i "call") (memory (core memory $i "memory")) (realloc (core func $i "r"))))
  (instance $tool (export "call" (func $call)))
  (export "lumos:plugin/tool@1.0.0" (instance $tool)))"""
MODULE = bytes(wat2wasm("(module)"))


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the sizes of what was compiled, here and now rather than in a child."""
    seen: list[int] = []

    async def counted(fd: int, wasm: bytes, *, fuel: bool = False) -> Shape:
        seen.append(len(wasm))
        data, shape = _compiled(wasm, fuel=fuel)
        os.write(fd, data)
        return Shape.load(shape)

    monkeypatch.setattr(preparing, "compile_to", counted)
    return seen


def added(artefact: Artefact) -> Any:
    with artefact.loadable() as path:
        compiled = wc.Component.deserialize_file(shared(generic=True).wasmtime, path)
    return GenericGuest(shared(generic=True), compiled, Limits()).call("add", {"a": 1, "b-side": 2})


async def test_a_component_is_compiled_in_a_child_once_and_told_of_once(cache: Path) -> None:
    told: list[str] = []
    first = await prepare(SUM, cache=cache, progress=told.append)
    second = await prepare(SUM, cache=cache, progress=told.append)
    assert first == second
    assert len(told) == 1
    assert "compiling" in told[0]
    assert added(second) == 3


async def test_who_asks_for_the_same_at_once_shares_a_child(cache: Path, compilations: list[int]) -> None:
    found = await asyncio.gather(*(prepare(SUM, cache=cache) for _ in range(8)))
    assert len(compilations) == 1
    assert all(f == found[0] for f in found)


async def test_who_gives_up_leaves_the_others_waiting_and_the_last_one_ends_it(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    began = asyncio.Event()
    never_set = asyncio.Event()

    async def never(fd: int, wasm: bytes, **options: Any) -> Shape:
        began.set()
        try:
            await never_set.wait()
            raise AssertionError
        finally:
            ended.append("ended")

    monkeypatch.setattr(preparing, "compile_to", never)
    one, two = (asyncio.ensure_future(prepare(SUM, cache=cache)) for _ in range(2))
    await began.wait()
    await asyncio.sleep(0.05)
    one.cancel()
    await asyncio.sleep(0.05)
    assert not two.done()
    assert ended == []
    two.cancel()
    await asyncio.wait([one, two])
    await asyncio.sleep(0.05)
    assert ended == ["ended"]
    assert list((cache / "wasm").glob("tmp-*")) == []


async def test_what_is_ours_is_loaded_by_the_engine_for_ours(cache: Path, compilations: list[int]) -> None:
    artefact = await prepare(bytes(wat2wasm(OURS)), cache=cache)
    assert artefact.shape.ours
    with artefact.loadable() as path:
        assert set(Guest.from_file(shared(), path).exports) == {"tool.call"}


async def test_a_component_that_only_mentions_us_is_one_of_the_others(cache: Path, compilations: list[int]) -> None:
    named = SUM.replace(b"acme:maths/bytes", b"lumos:plugins/ha")
    artefact = await prepare(named, cache=cache)
    assert not artefact.shape.ours
    assert added(artefact) == 3


async def test_code_that_counts_fuel_is_another_entry(cache: Path, compilations: list[int]) -> None:
    plain = await prepare(SUM, cache=cache)
    counting = await prepare(SUM, cache=cache, fuel=True)
    assert plain.path != counting.path
    assert len(compilations) == 2


async def test_a_file_is_read_as_well(cache: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.wasm"
    path.write_bytes(SUM)
    assert (await prepare(path, cache=cache)) == await prepare(SUM, cache=cache)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (MODULE, "a core module, not a component: build it"),
        (b"", "nothing, not a component"),
        (b"\0asm\x07\0\0\0", "WebAssembly of a version not known here"),
        (b"\x7fELF\2\1\1", "precompiled code, which is never accepted"),
        (b"(component)", "in text form"),
        (b"PK\3\4", "a zip archive"),
        (b"import os", "no WebAssembly, not a component"),
        (SUM[:8] + b"\xff\xff", "offset"),
        (SUM[:-30], "offset"),
    ],
)
async def test_what_is_no_component_is_refused_in_a_line_of_words(cache: Path, data: bytes, words: str) -> None:
    with pytest.raises(UnfitError) as caught:
        await prepare(data, cache=cache)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(cache) not in str(caught.value)


async def test_a_file_that_is_not_there_is_refused_too(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(UnfitError, match="cannot be read: No such file"):
        await prepare(tmp_path / "none.wasm", cache=cache)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_mutation_of_a_component_is_anything_but_unfit(data: st.DataObject) -> None:
    wasm = bytearray(SUM[: data.draw(st.integers(8, len(SUM)))])
    for at, byte in data.draw(st.lists(st.tuples(st.integers(8, len(wasm)), st.integers(0, 255)), max_size=4)):
        wasm[at:at] = bytes([byte]) if byte % 2 else b""
        wasm[min(at, len(wasm) - 1)] = byte
    try:
        _, shape = _compiled(bytes(wasm), fuel=False)
    except UnfitError:
        return
    Shape.load(shape)


def same(one: str, other: Path) -> bool:
    return Path(one).read_bytes() == other.read_bytes()


async def test_everything_is_this_users_alone(cache: Path, compilations: list[int]) -> None:
    artefact = await prepare(SUM, cache=cache)
    folder = artefact.path.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o400}
    fd = artefact.open()
    try:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.write(fd, b"x")
        assert same(path_of(fd), artefact.path)
    finally:
        os.close(fd)


async def test_where_nothing_can_be_written_this_process_compiles_for_itself(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    artefact = await prepare(SUM, cache=tmp_path / "file")
    assert added(artefact) == 3
    assert artefact.path.parent == entries.substitute()


def test_the_folder_is_the_one_told_or_the_environments_or_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert entries.location(tmp_path) == tmp_path / "wasm"
    monkeypatch.setenv("LUMOS_CACHE", "/told")
    assert entries.location() == Path("/told/wasm")
    monkeypatch.delenv("LUMOS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert entries.location() == Path("/xdg/lumosai/wasm")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert entries.location() == Path.home() / ".cache/lumosai/wasm"


async def test_the_entries_unused_longest_give_way(cache: Path, compilations: list[int]) -> None:
    wasms = [SUM + bytes([0, 2, 1, n]) for n in range(3)]
    made = [await prepare(w, cache=cache) for w in wasms]
    for age, artefact in enumerate(made):
        name = artefact.path.name[:64]
        for path in (artefact.path, artefact.path.with_name(name + ".entry")):
            os.utime(path, (1_000_000 + age, 1_000_000 + age))
    await prepare(wasms[0], cache=cache)  # a use
    with Folder(cache / "wasm") as folder:
        entries.evict(folder, size=sum(a.path.stat().st_size for a in made[:2]) + 9000)
    assert [a.path.exists() for a in made] == [True, False, True]
    with pytest.raises(StaleError, match="is gone"):
        made[1].open()
    assert added(await prepare(wasms[1], cache=cache)) == 3
    assert len(compilations) == 4


async def test_what_was_never_finished_is_swept_away_when_it_is_old(cache: Path, compilations: list[int]) -> None:
    await prepare(SUM, cache=cache)
    for name, age in (("tmp-old", 10_000), ("tmp-new", 0)):
        path = cache / "wasm" / name
        path.write_bytes(b"x")
        then = path.stat().st_mtime - age
        os.utime(path, (then, then))
    with Folder(cache / "wasm") as folder:
        entries.evict(folder)
    assert {p.name for p in (cache / "wasm").glob("tmp-*")} == {"tmp-new"}


async def test_an_artefact_outlives_the_name_of_its_file(cache: Path, compilations: list[int]) -> None:
    artefact = await prepare(SUM, cache=cache)
    with artefact.loadable() as path:
        artefact.path.unlink()
        wc.Component.deserialize_file(shared(generic=True).wasmtime, path)
