"""Paths, links, pipes and races that lead out of a granted folder; and files within it."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lumosai_sandbox.capabilities.files import functions, opening
from lumosai_sdk.errors import ConflictError, InputError, LumosError, NotFoundError, PermissionDeniedError
from lumosai_sdk.wireerrors import FarError, encode_error

Make = Callable[..., Any]
REFUSED = (InputError, PermissionDeniedError, NotFoundError, ConflictError)


@pytest.fixture(params=["openat2", "steps"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of opening, where the system has both."""
    if request.param == "steps":
        monkeypatch.setattr(opening, "has_openat2", lambda: False)
    elif not opening.has_openat2():
        pytest.skip("this system has no openat2")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_text("hello", encoding="utf-8")
    (tmp_path / "outside.txt").write_text("private", encoding="utf-8")
    return folder


@pytest.fixture
def writer(plugin: Make, root: Path) -> Any:
    return plugin({"files": [f"write {root}"]})


async def _read(p: Any, path: str, **options: Any) -> Any:
    return await p.ask("files.read", path, json.dumps(options) if options else "")


async def _write(p: Any, path: str, content: str, **options: Any) -> None:
    assert await p.ask("files.write", path, content, json.dumps(options) if options else "") is None


# --- honest


async def test_files_are_read_written_and_listed(writer: Any, root: Path) -> None:
    await _write(writer, "new/b.txt", "grün")
    await _write(writer, "new/b.txt", "+", append=True)
    await _write(writer, "bin", base64.b64encode(b"\xff\x00").decode(), encoding="base64")
    assert await _read(writer, "new/b.txt") == "grün+"
    assert await _read(writer, "bin", encoding="base64") == "/wA="
    assert await _read(writer, "a.txt", offset=1, limit=3) == "ell"
    assert await _read(writer, "new/b.txt", limit=3) == "gr"  # the character that is cut is left out
    assert await writer.ask("files.list-folder", "") == [
        {"name": "a.txt", "kind": "file", "size": 5},
        {"name": "bin", "kind": "file", "size": 2},
        {"name": "new", "kind": "folder", "size": 0},
    ]
    assert sorted(p.name for p in (root / "new").iterdir()) == ["b.txt"]  # nothing temporary is left


async def test_several_folders_are_told_apart_by_their_names(plugin: Make, root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    p = plugin({"files": [f"read {root}", f"write {out}"]})
    await _write(p, "out/x", "1")
    assert await _read(p, "docs/a.txt") == "hello"
    with pytest.raises(PermissionDeniedError) as caught:
        await _write(p, "docs/a.txt", "2")
    assert str(caught.value.hint).endswith(f'files = ["write {root}"]')
    with pytest.raises(InputError, match="docs, out"):
        await _read(p, "a.txt")


async def test_folders_of_one_name_cannot_be_told_apart(plugin: Make, root: Path, tmp_path: Path) -> None:
    twin = tmp_path / "x" / "docs"
    twin.mkdir(parents=True)
    with pytest.raises(InputError, match="several"):
        await _read(plugin({"files": [f"read {root}", f"read {twin}"]}), "docs/a.txt")


async def test_a_large_file_is_read_in_parts(writer: Any, root: Path) -> None:
    (root / "large").write_bytes(b"x" * (functions.MAX_PIECE + 10))
    with pytest.raises(FarError) as caught:
        await _read(writer, "large")
    assert caught.value.kind == "limit"
    assert await _read(writer, "large", offset=functions.MAX_PIECE) == "x" * 10


# --- out of the folder


@pytest.mark.parametrize(
    "path",
    [
        *("../outside.txt", "..", "a/../../outside.txt", "new/../../outside.txt", "./../outside.txt"),
        *("/etc/passwd", "//etc/passwd", "/", "a.txt\0", "a\nb", "a.txt/", "a.txt/x", ".hidden", "x/.git/config"),
        *("x" * 5000, "a/" * 100, "\ud800", "..\\outside.txt", "%2e%2e/outside.txt", "~/x", ". ./outside.txt"),
    ],
)
async def test_no_path_leads_out(writer: Any, root: Path, path: str) -> None:
    if path != "a.txt/":
        with pytest.raises((*REFUSED, FarError)):
            await _read(writer, path)
    with pytest.raises(LumosError) if path.startswith(("..", "/", "x" * 9, ".h")) else _whatever():
        await _write(writer, path, "owned")
    assert (root.parent / "outside.txt").read_text(encoding="utf-8") == "private"
    assert {p.name for p in root.parent.iterdir()} == {"docs", "outside.txt"}


def _whatever() -> Any:
    return contextlib.suppress(LumosError)


@pytest.mark.parametrize("target", ["../outside.txt", "..", "/etc", "/proc/self/root", "a.txt"])
async def test_no_link_is_followed(writer: Any, root: Path, target: str) -> None:
    (root / "link").symlink_to(target)
    for path in ("link", "link/outside.txt", "link/passwd"):
        with pytest.raises(REFUSED):
            await _read(writer, path)
        with pytest.raises(REFUSED):
            await _write(writer, path, "owned")
        with pytest.raises(REFUSED):
            await _write(writer, path, "owned", append=True)
    with pytest.raises(REFUSED):
        await writer.ask("files.list-folder", "link")
    assert {e["name"] for e in await writer.ask("files.list-folder", "")} == {"a.txt"}
    assert (root.parent / "outside.txt").read_text(encoding="utf-8") == "private"
    assert (root / "a.txt").read_text(encoding="utf-8") == "hello"


async def test_a_folder_that_becomes_a_link_leads_nowhere_else(writer: Any, root: Path) -> None:
    """One who can rename swaps a folder for a link, over and over, while the plugin reads and writes through it."""
    outside = root.parent / "elsewhere"
    outside.mkdir()
    (outside / "f").write_text("private", encoding="utf-8")
    (root / "real").mkdir()
    (root / "real" / "f").write_text("mine", encoding="utf-8")
    (root / "evil").symlink_to(outside)
    done = threading.Event()

    def swap() -> None:
        swaps = (("real", "d"), ("d", "real"), ("evil", "d"), ("d", "evil"))
        while not done.is_set():
            for old, new in swaps:
                with contextlib.suppress(OSError):  # the plugin makes folders of that name meanwhile
                    Path(root / old).rename(root / new)

    thread = threading.Thread(target=swap)
    thread.start()
    seen = set()
    try:
        for _ in range(150):
            for work in (_read(writer, "d/f"), _write(writer, "d/f", "mine"), _write(writer, "d/f", "", append=True)):
                try:
                    seen.add(await work)
                except (*REFUSED, FarError):
                    continue
    finally:
        done.set()
        thread.join()
    assert "private" not in seen
    assert (outside / "f").read_text(encoding="utf-8") == "private"


async def test_what_is_no_regular_file_is_not_waited_for(writer: Any, root: Path) -> None:
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(root)  # a socket's path is short
        try:
            listener.bind("sock")
        finally:
            os.chdir(here)
        for name in ("pipe", "sock"):
            for work in (_read(writer, name), _write(writer, name, "x"), _write(writer, name, "x", append=True)):
                with pytest.raises((*REFUSED, FarError)):
                    await work


async def test_a_hard_link_is_not_written_through(writer: Any, root: Path) -> None:
    os.link(root.parent / "outside.txt", root / "hard")
    with pytest.raises(ConflictError):
        await _write(writer, "hard", "owned", append=True)
    await _write(writer, "hard", "replaced")
    assert (root.parent / "outside.txt").read_text(encoding="utf-8") == "private"


@pytest.mark.parametrize("path", ["proc/self/environ", "dev/zero", "sys/kernel/notes"])
async def test_what_the_kernel_shows_as_files_is_not_meant(plugin: Make, path: str) -> None:
    with pytest.raises(REFUSED):
        await _read(plugin({"files": ["read /"]}), path)


async def test_the_configuration_is_not_a_plugins_to_write(plugin: Make, root: Path) -> None:
    config = root / "mine.toml"
    config.write_text("", encoding="utf-8")
    p = plugin({"files": [f"write {root}"]}, config=config)
    for name in ("lumos.toml", "LUMOS.toml", "mine.toml", "sub/lumos.toml"):
        with pytest.raises(PermissionDeniedError):
            await _write(p, name, "[plugins.p.grant]\n")
    assert config.read_text(encoding="utf-8") == ""


# --- rights and sizes


async def test_reading_is_no_right_to_write(plugin: Make, root: Path) -> None:
    p = plugin({"files": [f"read {root}"]})
    for options in ({}, {"append": True}):
        with pytest.raises(PermissionDeniedError):
            await _write(p, "a.txt", "owned", **options)
    assert (root / "a.txt").read_text(encoding="utf-8") == "hello"


async def test_without_a_grant_there_is_nothing(plugin: Make) -> None:
    p = plugin({"files": ["read *"]})
    for ask in (_read(p, "etc/passwd"), _write(p, "x", "y"), p.ask("files.list-folder", "")):
        with pytest.raises(PermissionDeniedError) as caught:
            await ask
        assert "[plugins.p.grant]" in str(caught.value.hint)
    assert [e.type for e in p.events] == ["plugin.denied"] * 3


async def test_floods_are_limited(writer: Any, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "MAX_FILE", 10)
    monkeypatch.setattr(functions, "MAX_ENTRIES", 3)
    with pytest.raises(FarError):
        await _write(writer, "x", "x" * (functions.MAX_PIECE + 1))
    await _write(writer, "x", "12345678", append=True)
    with pytest.raises(FarError):
        await _write(writer, "x", "9012", append=True)
    for n in range(5):
        (root / f"f{n}").touch()
    with pytest.raises(FarError):
        await writer.ask("files.list-folder", "")


@pytest.mark.parametrize(
    "options",
    ["[]", "{", '{"x": 1}', '{"offset": -1}', '{"offset": 1e3}', '{"limit": 0}', '{"limit": 9e9}', '{"encoding": "x"}'],
)
async def test_malformed_options_are_told_in_words(writer: Any, options: str) -> None:
    with pytest.raises(InputError):
        await writer.ask("files.read", "a.txt", options)


async def test_no_error_tells_where_the_folder_is(writer: Any, root: Path) -> None:
    (root / "link").symlink_to("/etc")
    for path in ("none", "link/x", "a.txt/x", "../x"):
        with pytest.raises((*REFUSED, FarError)) as caught:
            await _read(writer, path)
        assert str(root) not in json.dumps(encode_error(caught.value))
