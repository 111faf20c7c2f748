"""What the file tools do where nobody means harm."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import errno
import os
import stat
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lumosai_plugins.files import tools, walk
from lumosai_sdk import LumosError, PermissionDeniedError, Permissions, PluginContext, ToolContext, ToolError
from lumosai_sdk.permissions import Grant
from lumosai_sdk.testing.conformance.tool import ToolConformance
from lumosai_sdk.testing.manifest_check import disagreements, manifest_of

Use = Callable[..., Awaitable[Any]]


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_the_manifest_says_what_the_code_does() -> None:
    assert disagreements("lumosai_plugins.files") == []


def test_writing_waits_for_a_person() -> None:
    by_id = {c.id: c for c in manifest_of("lumosai_plugins.files").contributes.tool}
    assert (by_id["files.write"].approval, by_id["files.write"].side_effects) == ("always", True)
    assert {by_id[f"files.{name}"].approval for name in ("read", "list", "search")} == {"never"}


def test_the_manifest_asks_for_what_owners_may_narrow() -> None:
    asked = Permissions.from_json(manifest_of("lumosai_plugins.files").permissions)
    assert Grant(asked).effective.files == ()
    assert Grant(asked, Permissions(files=("read /srv/docs",))).effective.files == ("read /srv/docs",)


class _Conformance(ToolConformance):
    @pytest.fixture
    def context(self, root: Path) -> ToolContext:
        return ToolContext(permissions=Permissions(files=(f"write {root}",)))


class TestRead(_Conformance):
    @pytest.fixture
    def tool(self) -> Any:
        return tools.Read(PluginContext("files"))

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"path": "a.txt"}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"path": p} for p in ("", "nothing", "../x", "/etc/passwd", "deep", ".env", "\0")]


class TestList(_Conformance):
    @pytest.fixture
    def tool(self) -> Any:
        return tools.List(PluginContext("files"))

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"path": p} for p in ("nothing", "..", "/etc", "a.txt")]


class TestSearch(_Conformance):
    @pytest.fixture
    def tool(self) -> Any:
        return tools.Find(PluginContext("files"))

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"text": "beta"}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"text": "x", "path": p} for p in ("nothing", "..", "/etc")]


class TestWrite(_Conformance):
    @pytest.fixture
    def tool(self) -> Any:
        return tools.Write(PluginContext("files"))

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"path": "new/file.txt", "content": "text", "overwrite": True}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"path": p, "content": "x"} for p in ("", "a.txt", "deep", "../x", "/etc/x", "a.txt/x", "lumos.toml")]


# --- reading


async def test_a_file_whole(use: Use) -> None:
    answer = await use("read", path="a.txt")
    assert answer == {
        "path": "a.txt",
        "text": "alpha\nbeta\nGamma ray\n",
        "size": 21,
        "next_offset": 21,
        "truncated": False,
    }


@pytest.mark.parametrize("path", ["deep/b.md", "./deep//b.md", "deep/./b.md"])
async def test_a_file_below(use: Use, path: str) -> None:
    assert (await use("read", path=path))["text"] == "beta again\n"


async def test_a_file_by_its_absolute_path(use: Use, root: Path) -> None:
    assert (await use("read", path=f"{root}/deep/b.md"))["text"] == "beta again\n"


async def test_a_long_file_in_pieces(use: Use, root: Path) -> None:
    text = "zwölf Boxkämpfer " * 500
    (root / "long.txt").write_text(text, encoding="utf-8")
    got, offset, pieces = "", 0, 0
    while True:
        piece = await use("read", path="long.txt", offset=offset, settings={"max_read_bytes": 1024})
        got, offset, pieces = got + piece["text"], piece["next_offset"], pieces + 1
        if not piece["truncated"]:
            break
    assert got == text
    assert pieces > 8


async def test_beyond_the_end_there_is_nothing(use: Use) -> None:
    assert (await use("read", path="a.txt", offset=2**53))["text"] == ""


@pytest.mark.parametrize(("data", "says"), [(b"a\0b", "NUL"), (b"\xff\xfe\xfd", "UTF-8"), (b"abc\xc3", "UTF-8")])
async def test_what_is_no_text_is_said(use: Use, root: Path, data: bytes, says: str) -> None:
    (root / "binary").write_bytes(data)
    with pytest.raises(ToolError, match=says):
        await use("read", path="binary")


# --- listing


async def test_a_folder(use: Use, root: Path) -> None:
    (root / "link").symlink_to("a.txt")
    assert await use("list") == {
        "path": ".",
        "entries": [
            {"name": "a.txt", "kind": "file", "size": 21},
            {"name": "deep", "kind": "folder", "size": (root / "deep").stat().st_size},
            {"name": "link", "kind": "link", "size": 5},
        ],
        "truncated": False,
    }
    assert [e["name"] for e in (await use("list", path="deep"))["entries"]] == ["b.md", "er"]


async def test_hidden_files_if_the_owner_says_so(use: Use) -> None:
    names = [e["name"] for e in (await use("list", settings={"hidden": True}))["entries"]]
    assert names == [".env", "a.txt", "deep"]
    assert (await use("read", path=".env", settings={"hidden": True}))["text"] == "KEY=gamma\n"


async def test_a_full_folder_is_cut(use: Use, root: Path) -> None:
    for n in range(1001):
        (root / "deep" / f"{n}").touch()
    answer = await use("list", path="deep")
    assert (len(answer["entries"]), answer["truncated"]) == (1000, True)


async def test_several_folders_by_their_names(use: Use, root: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    grants = (f"read {root}", f"write {out}")
    assert [e["name"] for e in (await use("list", grants=grants))["entries"]] == ["docs", "out"]
    assert (await use("read", path="docs/a.txt", grants=grants))["size"] == 21
    await use("write", path="out/new.txt", content="x", grants=grants)
    assert (out / "new.txt").read_text() == "x"
    with pytest.raises(PermissionDeniedError, match="written"):
        await use("write", path="docs/new.txt", content="x", grants=grants)
    with pytest.raises(ToolError, match="begins with one of docs, out"):
        await use("read", path="a.txt", grants=grants)


async def test_folders_of_the_same_name_by_their_paths(use: Use, root: Path, tmp_path: Path) -> None:
    twin = tmp_path / "other" / "docs"
    twin.mkdir(parents=True)
    names = [e["name"] for e in (await use("list", grants=(f"read {root}", f"read {twin}")))["entries"]]
    assert names == [str(root), str(twin)]
    assert (await use("read", path=f"{root}/a.txt", grants=(f"read {root}", f"read {twin}")))["size"] == 21


async def test_a_folder_to_write_in_a_folder_to_read(use: Use, root: Path) -> None:
    grants = (f"read {root}", f"write {root}/deep")
    await use("write", path=f"{root}/deep/new.txt", content="x", grants=grants)
    await use("write", path="docs/deep/new2.txt", content="x", grants=grants)
    with pytest.raises(PermissionDeniedError):
        await use("write", path=f"{root}/new.txt", content="x", grants=grants)


async def test_a_relative_grant_starts_at_the_configuration(use: Use) -> None:
    assert (await use("read", path="a.txt", grants=("read ./docs",)))["size"] == 21


# --- searching


async def test_a_search(use: Use) -> None:
    assert await use("search", text="BETA") == {
        "matches": [
            {"path": "a.txt", "line": 2, "text": "beta"},
            {"path": "deep/b.md", "line": 1, "text": "beta again"},
        ],
        "files_searched": 2,
        "truncated": False,
    }


async def test_a_search_by_file_name(use: Use) -> None:
    assert [m["path"] for m in (await use("search", text="beta", glob="*.md"))["matches"]] == ["deep/b.md"]
    assert [m["path"] for m in (await use("search", text="beta", path="deep"))["matches"]] == ["deep/b.md"]


async def test_a_search_takes_its_text_literally(use: Use) -> None:
    assert (await use("search", text=".*"))["matches"] == []


async def test_a_search_leaves_hidden_and_binary_files_out(use: Use, root: Path) -> None:
    (root / "binary").write_bytes(b"gamma\0")
    assert [m["path"] for m in (await use("search", text="gamma"))["matches"]] == ["a.txt"]


async def test_a_search_ends_at_a_hundred_matches(use: Use, root: Path) -> None:
    (root / "many.txt").write_text("needle\n" * 500, encoding="utf-8")
    answer = await use("search", text="needle")
    assert (len(answer["matches"]), answer["truncated"]) == (100, True)


async def test_a_search_ends_in_time(use: Use) -> None:
    answer = await use("search", text="beta", settings={"search_seconds": -1})
    assert (answer["matches"], answer["truncated"]) == ([], True)


# --- writing


async def test_a_new_file(use: Use, root: Path) -> None:
    answer = await use("write", path="new/deep/f.txt", content="hällo\n")
    assert answer == {"path": "new/deep/f.txt", "size": 7, "replaced": False}
    assert (root / "new/deep/f.txt").read_bytes() == "hällo\n".encode()
    assert names(root / "new/deep") == ["f.txt"]


async def test_a_granted_folder_that_is_not_there_yet_is_made(use: Use, root: Path) -> None:
    await use("write", path="f", content="x", grants=(f"write {root}/made/here",))
    assert (root / "made/here/f").read_text() == "x"


async def test_a_file_is_replaced_only_if_asked(use: Use, root: Path) -> None:
    with pytest.raises(ToolError, match="set overwrite"):
        await use("write", path="a.txt", content="x")
    assert (root / "a.txt").read_text().startswith("alpha")
    assert (await use("write", path="a.txt", content="x", overwrite=True))["replaced"]
    assert (root / "a.txt").read_text() == "x"


async def test_the_permissions_of_a_file_stay_but_for_setuid(use: Use, root: Path) -> None:
    (root / "a.txt").chmod(0o4750)
    await use("write", path="a.txt", content="x", overwrite=True)
    assert stat.S_IMODE((root / "a.txt").stat().st_mode) == 0o750


async def test_many_at_once_and_one_wins(use: Use, root: Path) -> None:
    outcomes = await asyncio.gather(
        *(use("write", path="one.txt", content=str(n) * 1000) for n in range(8)), return_exceptions=True
    )
    assert sum(isinstance(o, ToolError) for o in outcomes) == 7
    assert len(set((root / "one.txt").read_text())) == 1
    assert names(root) == [".env", "a.txt", "deep", "one.txt"]


async def test_a_reader_sees_the_old_or_the_new(use: Use, root: Path) -> None:
    for n in range(20):
        write = asyncio.ensure_future(use("write", path="a.txt", content=str(n % 10) * 50_000, overwrite=True))
        seen = (await use("read", path="a.txt"))["text"]
        assert len(set(seen)) == 1 or n == 0
        await write


async def test_too_much(use: Use) -> None:
    with pytest.raises(ToolError, match="at most 1024"):
        await use("write", path="big", content="ü" * 600, settings={"max_write_bytes": 1024})


async def test_a_failure_leaves_nothing_behind(use: Use, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ToolError, match="no space left"):
        await use("write", path="a.txt", content="x", overwrite=True)
    assert names(root) == [".env", "a.txt", "deep"]
    assert (root / "a.txt").read_text().startswith("alpha")


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP])
async def test_a_file_system_without_links(use: Use, root: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OSError(code, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    await use("write", path="new.txt", content="x")
    assert (root / "new.txt").read_text() == "x"
    assert names(root) == [".env", "a.txt", "deep", "new.txt"]


async def test_other_trouble_with_links_is_told(use: Use, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(ToolError, match="quota"):
        await use("write", path="new.txt", content="x")
    assert not (root / "new.txt").exists()


async def test_no_descriptor_is_left_open(use: Use) -> None:
    before = len(names(Path("/proc/self/fd")))
    for _ in range(20):
        await use("read", path="deep/b.md")
        await use("search", text="beta")
        await use("write", path="x/y/z", content="x", overwrite=True)
        with pytest.raises(ToolError):
            await use("read", path="deep/nothing/here")
    assert len(names(Path("/proc/self/fd"))) == before


def test_a_system_without_openat_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "_NOFOLLOW", 0)
    with pytest.raises(LumosError, match="openat"):
        tools.Read(PluginContext("files"))
