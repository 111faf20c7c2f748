"""Where siblings find each other, whom they believe, and what a frame may be."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lumosai.gateway.peers import bounds, wire
from lumosai.gateway.peers.errors import FrameError, PeersError
from lumosai.gateway.peers.place import Place, folder_of, is_listening
from lumosai.gateway.peers.trust import is_own
from lumosai.runs.hostid import host_id, is_alive

PRIVATE, PRIVATE_FILE = 0o700, 0o600
ME = f"{socket.gethostname()}:{os.getpid()}:1"


@pytest.fixture
def data() -> Iterator[Path]:
    """Return a data folder with a short path, which those of pytest are not."""
    with tempfile.TemporaryDirectory(prefix="l") as made:
        yield Path(made)


@pytest.fixture
def place(data: Path) -> Place:
    return Place(data)


@pytest.fixture
def listening(place: Place) -> Iterator[socket.socket]:
    with place.listen(ME) as made:
        yield made


@pytest.mark.usefixtures("listening")
def test_the_socket_and_its_folder_are_this_users_alone(place: Place) -> None:
    assert place.folder.stat().st_mode & 0o777 == PRIVATE
    assert place.path(ME).stat().st_mode & 0o777 == PRIVATE_FILE
    assert place.ids() == [ME]
    assert is_listening(place.path(ME))


@pytest.mark.usefixtures("listening")
def test_a_socket_that_is_listened_on_is_not_taken_away(place: Place) -> None:
    with pytest.raises(PeersError, match="listened on already"):
        place.listen(ME)
    assert is_listening(place.path(ME))


def test_an_open_folder_is_closed(data: Path) -> None:
    (data / "run").mkdir(mode=0o777)
    (data / "run").chmod(0o777)
    assert Place(data).folder.stat().st_mode & 0o777 == PRIVATE


def test_a_folder_that_is_a_link_is_refused(data: Path) -> None:
    (data / "elsewhere").mkdir()
    (data / "run").symlink_to(data / "elsewhere")
    with pytest.raises(PeersError, match="run"):
        Place(data)
    assert not list((data / "elsewhere").iterdir())


def test_a_folder_of_another_user_is_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(PeersError, match="somebody else's"):
        Place(data)


def test_a_file_in_the_folders_place_is_refused(data: Path) -> None:
    (data / "run").write_text("")
    with pytest.raises(PeersError):
        Place(data)


@pytest.mark.parametrize("other", ["", "../x", "a/b", "a\0b", ".hidden"])
def test_an_id_that_leads_elsewhere_is_refused(place: Place, other: str) -> None:
    with pytest.raises(PeersError, match="no id of a host"):
        place.path(other)


def test_where_a_path_would_be_too_long_a_short_folder_is_taken(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 100)
    runtime = data / "x"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setattr(socket, "gethostname", lambda: "m")
    assert folder_of(deep).parent == runtime
    assert folder_of(deep) == folder_of(tmp_path / "." / ("d" * 100))
    assert folder_of(deep) != folder_of(tmp_path / ("e" * 100))
    found = Place(deep)
    assert found.folder.stat().st_mode & 0o777 == PRIVATE
    found.listen(ME).close()
    found.leave(ME)
    assert not found.folder.exists()
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert str(os.geteuid()) in folder_of(deep).name


def test_sockets_of_the_dead_are_cleared_and_nothing_else(place: Place, listening: socket.socket) -> None:
    machine = socket.gethostname()
    gone, new = f"{machine}:4194303:7", f"{machine}:4194303:8"
    place.listen(gone).close()
    (place.folder / "notes.txt").write_text("mine")
    (place.folder / "link.sock").symlink_to(place.path(ME))
    with place.listen(new):
        assert place.clear(lambda i: i in {ME, new}) == [gone]
    assert place.ids() == sorted([ME, new])
    assert (place.folder / "notes.txt").exists()
    assert (place.folder / "link.sock").is_symlink()
    listening.close()
    place.leave(ME)
    place.leave(ME)


def test_a_socket_left_half_made_is_made_anew(place: Place) -> None:
    early = place.path(ME).with_name(f"{ME}.new")
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(early))
    with place.listen(ME):
        assert not early.exists()


def test_this_process_lives_and_one_that_ended_unnoticed_does_not() -> None:
    assert is_alive(host_id())
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", "exit"], {})
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    assert not is_alive(f"{socket.gethostname()}:{pid}:{stat[19]}")
    os.waitpid(pid, 0)


class Options:
    def __init__(self, answer: bytes | OSError) -> None:
        self.answer = answer

    def getsockopt(self, *_: Any) -> bytes:
        if isinstance(self.answer, OSError):
            raise self.answer
        return self.answer


def test_only_this_user_is_believed() -> None:
    own = os.geteuid()
    assert is_own(Options(struct.pack("3i", 1, own, 0)))
    assert not is_own(Options(struct.pack("3i", 1, own + 1, own)))
    assert not is_own(Options(b""))
    assert not is_own(Options(OSError("no")))
    left, right = socket.socketpair()
    with left, right:
        assert is_own(left)


async def read(data: bytes) -> dict[str, Any]:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await wire.read(reader)


async def test_what_is_packed_is_read() -> None:
    message = {"note": "x", "d": {"text": "😀 \ud800"}}
    assert await read(wire.packed(message)) == message
    assert await read(wire.note("events", run=b'"r"', events=wire.array([b"1", b"{}"]))) == {
        "note": "events",
        "d": {"run": "r", "events": [1, {}]},
    }


@pytest.mark.parametrize(
    "data",
    [b"\xff\xff\xff\xff", (bounds.FRAME_BYTES + 1).to_bytes(4, "big"), b"\0\0\0\2[]", b"\0\0\0\1{", b"\0\0\0\0"],
)
async def test_what_is_no_frame_is_refused_before_it_is_held(data: bytes) -> None:
    with pytest.raises(FrameError):
        await read(data)


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\0\0\0\5{}"])
async def test_an_end_in_the_middle_is_an_end(data: bytes) -> None:
    with pytest.raises(EOFError):
        await read(data)


def test_what_is_too_much_for_a_frame_is_not_sent() -> None:
    with pytest.raises(FrameError, match="more than a frame holds"):
        wire.packed({"d": "x" * bounds.FRAME_BYTES})
    with pytest.raises(FrameError, match="no JSON"):
        wire.packed({"d": object()})
