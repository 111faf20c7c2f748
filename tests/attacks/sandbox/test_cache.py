"""Compiled code from the wrong hands. Whatever is wrong with an entry, it is compiled anew and nothing of it is run.

The attacker of these tests can write into the cache as no other user could, and still gets nothing believed.
"""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.sandbox.generic.components import SUM, component, function
from wasmtime import component as wc

from lumosai_sandbox.artefacts import Artefact, Shape, StaleError, prepare, preparing
from lumosai_sandbox.artefacts import cache as entries
from lumosai_sandbox.artefacts.child import _compiled
from lumosai_sandbox.engine.engine import shared
from lumosai_sandbox.engine.errors import UnfitError
from lumosai_sandbox.generic.guest import GenericGuest
from lumosai_sandbox.limits import Limits

ARGUMENTS = '(param "a" u32) (param "b-side" u32)'
# It has the victim's function, which does something else.
EVIL = component(function("add", "echo", ARGUMENTS, "(result (list u8))"), function("more", "stop"))


class Victim:
    """A component in a cache, and how often it had to be compiled."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.compiled = 0

    async def prepare(self, wasm: bytes = SUM) -> Artefact:
        return await prepare(wasm, cache=self.cache)

    def file(self, artefact: Artefact, kind: str) -> Path:
        return next(self.folder.glob(f"{artefact.path.name[:64]}*.{kind}"))

    @property
    def folder(self) -> Path:
        return self.cache / "wasm"


@pytest.fixture
def victim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Victim:
    made = Victim(tmp_path / "cache")

    async def counted(fd: int, wasm: bytes, *, fuel: bool = False) -> Shape:
        # Here and not in a child: what is attacked is what becomes of it afterwards.
        made.compiled += 1
        data, shape = _compiled(wasm, fuel=fuel)
        os.write(fd, data)
        return Shape.load(shape)

    monkeypatch.setattr(preparing, "compile_to", counted)
    return made


def answer(artefact: Artefact) -> Any:
    engine = shared(generic=True)
    with artefact.loadable() as path:
        compiled = wc.Component.deserialize_file(engine.wasmtime, path)
    return GenericGuest(engine, compiled, Limits()).call("add", {"a": 1, "b-side": 2})


def write(path: Path, data: bytes) -> None:
    """Put a file in the place of another, as private as it was."""
    path.unlink()
    path.write_bytes(data)
    path.chmod(0o400)


def change(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    write(path, bytes(data))


Attack = Callable[[Victim, Artefact, Artefact], None]


def code(at: int) -> Attack:
    return lambda v, mine, _: change(v.file(mine, "code"), at)


def entry(at: int) -> Attack:
    return lambda v, mine, _: change(v.file(mine, "entry"), at)


def cut(kind: str, size: int) -> Attack:
    def attack(v: Victim, mine: Artefact, _: Artefact) -> None:
        write(v.file(mine, kind), v.file(mine, kind).read_bytes()[:size])

    return attack


def swap(*kinds: str) -> Attack:
    """Give the evil component's files the names of the victim's."""

    def attack(v: Victim, mine: Artefact, evil: Artefact) -> None:
        for kind in kinds:
            write(v.file(mine, kind), v.file(evil, kind).read_bytes())

    return attack


def link(kind: str, how: Callable[[Path, Path], None]) -> Attack:
    """Put a link to sound content that lies elsewhere in the place of a file."""

    def attack(v: Victim, mine: Artefact, _: Artefact) -> None:
        path = v.file(mine, kind)
        elsewhere = v.cache / f"elsewhere-{kind}"
        path.rename(elsewhere)
        how(elsewhere, path)

    return attack


def mode(kind: str, bits: int) -> Attack:
    return lambda v, mine, _: v.file(mine, kind).chmod(bits)


def fifo(v: Victim, mine: Artefact, _: Artefact) -> None:
    path = v.file(mine, "entry")
    path.unlink()
    os.mkfifo(path, 0o600)


def key(data: bytes | None) -> Attack:
    def attack(v: Victim, _: Artefact, __: Artefact) -> None:
        if data is None:
            (v.folder / "key").unlink()
        else:
            write(v.folder / "key", data)

    return attack


def key_of_another(v: Victim, mine: Artefact, evil: Artefact) -> None:
    (v.folder / "key").chmod(0o644)


def all_of_it(v: Victim, mine: Artefact, evil: Artefact) -> None:
    """Replace code and say so in the entry; only the signature is missing."""
    told = v.file(mine, "entry").read_bytes()
    write(v.file(mine, "entry"), told.replace(mine.code.encode(), evil.code.encode()))
    name = f"{mine.path.name[:64]}-{evil.code[:16]}.code"
    shutil.copy(v.file(evil, "code"), v.folder / name)


ATTACKS: dict[str, Attack] = {
    "a bit of the code's head": code(20),
    "a bit of the code's end": code(-1),
    "a bit of the signature": entry(3),
    "a bit of the shape": entry(-20),
    "the digest that the entry tells": entry(90),
    "code cut short": cut("code", 4096),
    "code of no size": cut("code", 0),
    "a signature cut short": cut("entry", 40),
    "a signature of nothing": cut("entry", 64),
    "an entry of no size": cut("entry", 0),
    "another's code": swap("code"),
    "another's entry": swap("entry"),
    "another's code and entry": swap("code", "entry"),
    "another's code, named in the entry": all_of_it,
    "code behind a symbolic link": link("code", lambda e, p: p.symlink_to(e)),
    "an entry behind a symbolic link": link("entry", lambda e, p: p.symlink_to(e)),
    "code with a second name": link("code", lambda e, p: p.hardlink_to(e)),
    "an entry with a second name": link("entry", lambda e, p: p.hardlink_to(e)),
    "code that others may write": mode("code", 0o602),
    "code that others may read": mode("code", 0o640),
    "an entry that others may write": mode("entry", 0o620),
    "a pipe for an entry": fifo,
    "no key": key(None),
    "a key of zeros": key(bytes(32)),
    "a key of no size": key(b""),
    "a key that others may read": key_of_another,
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_what_was_tampered_with_is_compiled_anew(victim: Victim, attack: Attack) -> None:
    mine, evil = await victim.prepare(), await victim.prepare(EVIL)
    attack(victim, mine, evil)
    again = await victim.prepare()
    assert victim.compiled == 3
    assert again.shape == mine.shape
    assert answer(again) == 3
    # And what was made anew is sound.
    assert await victim.prepare() == again
    assert victim.compiled == 3


async def test_what_was_not_is_not(victim: Victim) -> None:
    mine, _ = await victim.prepare(), await victim.prepare(EVIL)
    assert await victim.prepare() == mine
    assert answer(mine) == 3
    assert victim.compiled == 2


async def test_code_of_another_engine_is_not_taken_for_this_ones(
    victim: Victim, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = await victim.prepare()
    before = {kind: victim.file(old, kind).read_bytes() for kind in ("code", "entry")}
    monkeypatch.setattr(preparing, "fingerprint", lambda *, fuel: "another engine")
    name = entries.entry_name(old.digest, "another engine")
    for kind, data in before.items():
        path = victim.folder / f"{name}{old.path.name[64:81] if kind == 'code' else ''}.{kind}"
        path.write_bytes(data)
        path.chmod(0o400)
    await victim.prepare()
    assert victim.compiled == 2


async def test_a_folder_open_to_others_is_closed_and_its_content_still_proved(victim: Victim) -> None:
    mine = await victim.prepare()
    victim.folder.chmod(0o777)
    change(victim.file(mine, "code"), -1)
    assert answer(await victim.prepare()) == 3
    assert victim.folder.stat().st_mode & 0o777 == 0o700
    assert victim.compiled == 2


@pytest.mark.parametrize("whose", ["a link", "another user's"])
async def test_a_folder_that_is_not_ours_is_not_used(
    victim: Victim, whose: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mine = await victim.prepare()
    if whose == "a link":
        victim.folder.rename(tmp_path / "elsewhere")
        victim.folder.symlink_to(tmp_path / "elsewhere")
        before = sorted(p.name for p in (tmp_path / "elsewhere").iterdir())
    else:
        if os.geteuid():
            pytest.skip("giving a folder away takes root")
        os.chown(victim.folder, 12345, 12345)
        before = sorted(p.name for p in victim.folder.iterdir())
    monkeypatch.setattr(entries, "substitute", lambda: tmp_path / "own" / "wasm")
    again = await victim.prepare()
    assert again.path.parent == tmp_path / "own" / "wasm"
    assert answer(again) == 3
    assert again.shape == mine.shape
    assert sorted(p.name for p in victim.folder.iterdir()) == before


async def test_a_folder_in_the_place_of_code_costs_the_cache_and_not_the_call(victim: Victim) -> None:
    path = victim.file(await victim.prepare(), "code")
    path.unlink()
    path.mkdir(0o700)
    assert answer(await victim.prepare()) == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file away takes root")
@pytest.mark.parametrize("kind", ["code", "entry"])
async def test_a_file_of_another_user_is_not_read(victim: Victim, kind: str) -> None:
    mine = await victim.prepare()
    os.chown(victim.file(mine, kind), 12345, 12345)
    assert answer(await victim.prepare()) == 3
    assert victim.compiled == 2


async def test_what_is_swapped_after_it_was_verified_is_not_loaded(victim: Victim) -> None:
    mine, evil = await victim.prepare(), await victim.prepare(EVIL)
    assert answer(mine) == 3
    write(mine.path, evil.path.read_bytes())
    with pytest.raises(StaleError, match="was changed"):
        mine.open()
    assert answer(await victim.prepare()) == 3


async def test_what_is_swapped_after_it_was_opened_does_not_matter(victim: Victim) -> None:
    mine, evil = await victim.prepare(), await victim.prepare(EVIL)
    engine = shared(generic=True)
    with mine.loadable() as path:
        write(mine.path, evil.path.read_bytes())
        compiled = wc.Component.deserialize_file(engine.wasmtime, path)
    assert GenericGuest(engine, compiled, Limits()).call("add", {"a": 1, "b-side": 2}) == 3


async def test_code_rewritten_in_place_is_noticed_whatever_its_times_say(victim: Victim) -> None:
    mine = await victim.prepare()
    assert answer(mine) == 3
    about = mine.path.stat()
    mine.path.chmod(0o600)
    with mine.path.open("r+b") as f:
        f.seek(-1, os.SEEK_END)
        f.write(b"\xaa")
    mine.path.chmod(0o400)
    os.utime(mine.path, ns=(about.st_atime_ns, about.st_mtime_ns))
    with pytest.raises(StaleError, match="was changed"):
        mine.open()


async def test_code_that_was_only_touched_is_verified_and_loaded(victim: Victim) -> None:
    mine = await victim.prepare()
    os.utime(mine.path)
    assert answer(mine) == 3


async def test_our_own_compiled_code_is_refused_as_a_plugins_module(victim: Victim) -> None:
    mine = await victim.prepare()
    with pytest.raises(UnfitError, match="precompiled code, which is never accepted"):
        await victim.prepare(mine.path.read_bytes())


async def test_processes_that_compile_the_same_do_each_other_no_harm(victim: Victim) -> None:
    script = (
        "import asyncio, sys; from pathlib import Path; from lumosai_sandbox.artefacts import prepare\n"
        "print(asyncio.run(prepare(Path(sys.argv[1]), cache=Path(sys.argv[2]))).shape.exports)"
    )
    wasm = victim.cache.parent / "x.wasm"
    wasm.write_bytes(SUM)
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, str(wasm), str(victim.cache), stdout=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    said = [await p.communicate() for p in started]
    assert len({out for out, _ in said}) == 1
    assert b"add" in said[0][0]
    assert answer(await victim.prepare()) == 3
    assert victim.compiled <= 1
