"""Ways out of a granted folder, and ways to make a read hang, explode or lie."""

# ruff: noqa: ASYNC240, PLR2004 - tests touch files, and say what they expect where they expect it
from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_plugins.files.places import Places
from lumosai_plugins.files.writing import write
from lumosai_sdk import PermissionDeniedError, Permissions, ToolError

Use = Callable[..., Awaitable[Any]]
REFUSED = (PermissionDeniedError, ToolError)
SECRET = "the secret outside"


async def refused(use: Use, path: str, **options: Any) -> None:
    """Check that no tool takes a path."""
    for name, arguments in (("read", {}), ("list", {}), ("search", {"text": "s"}), ("write", {"content": "x"})):
        with pytest.raises(REFUSED) as refusal:
            await use(name, path=path, **arguments, **options)
        assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    "path",
    [
        "..",
        "../secret.txt",
        "deep/../../secret.txt",
        "deep/../a.txt",
        "/etc/passwd",
        "/",
        "//etc/passwd",
        "/proc/self/environ",
        "/proc/self/root/etc/passwd",
        "/dev/stdin",
        "{root}/../secret.txt",
        "{root}x/a.txt",
        "{outside}",
        "a.txt\0",
        "\0",
        "a\n.txt",
        "\x1b[31m",
        "\ud800",
        "a/" * 3000,
        "d/" * 70 + "x",
        "n" * 300,
        ".env",
        "deep/.git/config",
        "...",
        ".ssh/id_ed25519",
    ],
)
async def test_paths_that_lead_out(use: Use, root: Path, outside: Path, path: str) -> None:
    await refused(use, path.format(root=root, outside=outside))
    assert outside.read_text() == SECRET


@pytest.mark.parametrize("path", ["a.txt/x", "nothing/x"])
async def test_paths_that_lead_nowhere(use: Use, path: str) -> None:
    with pytest.raises(ToolError):
        await use("read", path=path)


async def test_nothing_is_granted_by_default(use: Use, root: Path) -> None:
    for path in ("a.txt", f"{root}/a.txt", "/etc/passwd", ""):
        with pytest.raises(REFUSED):
            await use("read", path=path, grants=())
    with pytest.raises(PermissionDeniedError) as denied:
        await use("read", path=f"{root}/a.txt", grants=())
    assert f'[plugins.files.grant]: files = ["read {root}"]' in str(denied.value.hint)


async def test_a_grant_of_everything_is_none(use: Use) -> None:
    with pytest.raises(REFUSED):
        await use("read", path="/etc/passwd", grants=("write *",))


async def test_reading_is_not_writing(use: Use, root: Path) -> None:
    with pytest.raises(PermissionDeniedError, match="written"):
        await use("write", path="new.txt", content="x", grants=(f"read {root}",))
    assert not (root / "new.txt").exists()


@pytest.mark.parametrize("path", ["/proc/self/environ", "/proc/self/mem", "/sys/kernel", "/dev/zero"])
async def test_a_grant_of_the_root_is_not_one_of_the_kernel(use: Use, path: str) -> None:
    with pytest.raises(PermissionDeniedError):
        await use("read", path=path, grants=("read /",))


@pytest.mark.parametrize("path", ["lumos.toml", "deep/lumos.toml", "LUMOS.toml"])
async def test_no_agent_writes_what_agents_may(use: Use, root: Path, path: str) -> None:
    with pytest.raises(PermissionDeniedError, match="owner's to write"):
        await use("write", path=path, content="[plugins.files.grant]", overwrite=True)


# --- links


async def test_links_to_files_and_folders(use: Use, root: Path, outside: Path) -> None:
    (root / "file").symlink_to(outside)
    (root / "folder").symlink_to(outside.parent)
    (root / "loop").symlink_to("loop")
    (root / "dangling").symlink_to(outside.parent / "made.txt")
    (root / "inner").symlink_to("deep")
    for path in ("file", "folder/secret.txt", "loop", "dangling", "inner/b.md", "folder/new.txt"):
        with pytest.raises(ToolError):
            await use("read", path=path)
        for overwrite in (False, True):
            with pytest.raises(ToolError):
                await use("write", path=path, content="x", overwrite=overwrite)
    with pytest.raises(ToolError):
        await use("list", path="folder")
    assert (await use("search", text="secret"))["matches"] == []
    assert (await use("search", text="beta"))["files_searched"] == 2
    assert outside.read_text() == SECRET
    assert not (outside.parent / "made.txt").exists()


async def test_a_hard_link_is_not_written_through(use: Use, root: Path, outside: Path) -> None:
    (root / "hard").hardlink_to(outside)
    await use("write", path="hard", content="x", overwrite=True)
    assert outside.read_text() == SECRET


async def test_a_link_as_the_granted_folder_is_the_owners_choice(use: Use, root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root)
    assert (await use("read", path="a.txt", grants=(f"read {tmp_path}/alias",)))["size"] == 21


def _swap(root: Path, outside: Path, stop: threading.Event) -> None:
    """Swap a folder for a link to the outside and back, as fast as it goes."""
    real, link, spare = root / "swap", root / "link", root / "spare"
    while not stop.is_set():
        with contextlib.suppress(OSError):
            link.symlink_to(outside.parent)
            real.rename(spare)
            link.rename(real)
            real.unlink()
            spare.rename(real)


async def test_a_folder_swapped_for_a_link_in_a_race(use: Use, root: Path, outside: Path) -> None:
    (root / "swap").mkdir()
    (root / "swap" / "secret.txt").write_text("inside", encoding="utf-8")
    stop = threading.Event()
    thread = threading.Thread(target=_swap, args=(root, outside, stop))
    thread.start()
    texts: set[str] = set()
    try:
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            with contextlib.suppress(*REFUSED):
                texts.add((await use("read", path="swap/secret.txt"))["text"])
            with contextlib.suppress(*REFUSED):
                await use("write", path="swap/new.txt", content="x", overwrite=True)
            texts |= {m["text"] for m in (await use("search", text="secret"))["matches"]}
    finally:
        stop.set()
        thread.join()
    assert texts <= {"inside"}
    assert not (outside.parent / "new.txt").exists()


# --- what is no file


async def test_pipes_sockets_and_devices(use: Use, root: Path) -> None:
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as s, contextlib.chdir(root):
        s.bind("socket")
    names = ["pipe", "socket"]
    with contextlib.suppress(PermissionError):
        os.mknod(root / "device", 0o600 | 0o020000, os.makedev(1, 5))
        names.append("device")
    async with asyncio.timeout(10):
        for name in names:
            with pytest.raises(ToolError, match="special file"):
                await use("read", path=name)
            with pytest.raises(ToolError, match="special file"):
                await use("write", path=name, content="x", overwrite=True)
        await use("search", text="x")
    kinds = {e["name"]: e["kind"] for e in (await use("list"))["entries"]}
    assert all(kinds[name] == "special file" for name in names)


async def test_a_file_that_becomes_a_pipe_before_it_is_opened(
    use: Use, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.stat

    def stat_then_swap(path: Any, **options: Any) -> os.stat_result:
        status = real(path, **options)
        if path == "a.txt":
            (root / "a.txt").unlink()
            os.mkfifo(root / "a.txt")
        return status

    monkeypatch.setattr(os, "stat", stat_then_swap)
    async with asyncio.timeout(10):
        with pytest.raises(ToolError, match="special file"):
            await use("read", path="a.txt")


# --- sizes


async def test_a_sparse_giant(use: Use, root: Path) -> None:
    with (root / "giant").open("wb") as f:
        f.write(b"begin\n")
        f.truncate(10 * 1024**3)
    with pytest.raises(ToolError, match="NUL"):
        await use("read", path="giant")
    assert (await use("search", text="begin"))["matches"] == []


async def test_a_giant_of_text(use: Use, root: Path) -> None:
    (root / "big").write_bytes(b"x" * (8 * 1024 * 1024))
    answer = await use("read", path="big")
    assert (len(answer["text"]), answer["truncated"]) == (32_768, True)
    found = await use("search", text="xx")
    assert [len(m["text"]) for m in found["matches"]] == [200]


async def test_names_that_are_no_unicode(use: Use, root: Path) -> None:
    (root / os.fsdecode(b"\xff\xfe")).write_text("beta", encoding="utf-8")
    assert "?" * 2 in [e["name"] for e in (await use("list"))["entries"]]
    assert len((await use("search", text="beta"))["matches"]) == 3


async def test_folders_without_end(use: Use, root: Path) -> None:
    folder = os.open(root, os.O_RDONLY)
    for _ in range(200):
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    assert not (await use("search", text="nothing"))["truncated"]
    with pytest.raises(ToolError, match="64 folders deep"):
        await use("read", path="d/" * 100 + "x")


# --- properties


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(["..", ".", "", "a", "b", "/", "root", ".x", "\\", "%2e%2e", "~"]), max_size=8))
def test_no_path_names_a_place_outside(parts: list[str]) -> None:
    places = Places(Permissions(files=("write /granted/root",)), "/", hidden=False)
    with contextlib.suppress(*REFUSED):
        place = places.find("/".join(parts), "write")
        assert str(place.root.folder) == "/granted/root"
        assert not {"..", ".", ""} & set(place.parts)
        assert not any("/" in p or p.startswith(".") for p in place.parts)


def test_writing_to_the_granted_folder_itself(root: Path) -> None:
    place = Places(Permissions(files=(f"write {root}",)), "/", hidden=False).find("", "write")
    with pytest.raises(ToolError, match="is a folder"):
        write(place, "x", overwrite=True)
