# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import hashlib
import os
import resource
import shutil
import signal
import stat
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.marketplace.wheels.making import FILENAME, Sketch

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.store import Receipt, Store, gc
from lumosai_marketplace.store.check import check, receipt_of, wheel_of
from lumosai_marketplace.store.folder import discard
from lumosai_marketplace.store.place import place
from lumosai_marketplace.wheels import Wheel, read_wheel
from lumosai_sdk.errors import StorageError

DATA = Sketch().pack()
PROVENANCE = b'{"version":1}'


@pytest.fixture(scope="module")
def wheel() -> Wheel:
    return read_wheel(FILENAME, DATA)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "data" / "store")


def put(store: Store, wheel: Wheel) -> Receipt:
    with store.guard():
        return place(store, DATA, wheel, PROVENANCE)[0]


def files(store: Store) -> list[str]:
    found = (p for p in store.root.rglob("*") if not p.is_dir() and p.name != ".guard")
    return sorted(str(p.relative_to(store.root)) for p in found)


def test_a_wheel_is_put_whole_and_for_its_owner_alone(store: Store, wheel: Wheel) -> None:
    receipt = put(store, wheel)
    assert check(store, wheel.sha256, receipt.digest) == receipt
    assert wheel_of(store, receipt) == DATA
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o700
    assert stat.S_IMODE(store.entry(wheel.sha256).stat().st_mode) == 0o700
    assert store.entries() == [wheel.sha256]
    assert (store.entry(wheel.sha256) / "files" / receipt.component).read_bytes() == wheel.component


def test_a_receipt_says_the_same_wherever_the_wheel_is_put(tmp_path: Path, wheel: Wheel) -> None:
    one, two = put(Store(tmp_path / "1"), wheel), put(Store(tmp_path / "2"), wheel)
    assert one.digest == two.digest
    assert Receipt.decode(one.encode()) == one


def test_what_is_there_and_whole_is_left_as_it_is(store: Store, wheel: Wheel) -> None:
    receipt = put(store, wheel)
    inode = store.entry(wheel.sha256).stat().st_ino
    with store.guard():
        assert place(store, DATA, wheel, b"other signatures") == (receipt, False)
    assert store.entry(wheel.sha256).stat().st_ino == inode
    assert len(list(store.entry(wheel.sha256).glob("provenance-*.json"))) == 2


def change(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" ")


def same_size(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])


def link(path: Path) -> None:
    shutil.copy(path, path.with_name("copy"))
    path.unlink()
    path.symlink_to("copy")


def link_folder(path: Path) -> None:
    folder = path.parent
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere", target_is_directory=True)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("how", [change, same_size, link, link_folder, pipe, Path.unlink])
def test_what_was_changed_is_found_and_put_back(store: Store, wheel: Wheel, how: object) -> None:
    receipt = put(store, wheel)
    how(store.entry(wheel.sha256) / "files" / receipt.component)  # type: ignore[operator]
    with pytest.raises(RefusedError) as refused:
        check(store, wheel.sha256, receipt.digest)
    assert refused.value.rule == "lock.changed"
    assert "lumos plugin install" in str(refused.value.hint)
    put(store, wheel)
    check(store, wheel.sha256, receipt.digest)


def test_a_receipt_that_was_changed_with_the_files_is_not_what_the_lock_says(store: Store, wheel: Wheel) -> None:
    receipt = put(store, wheel)
    evil = b"\0asm evil"
    path = store.entry(wheel.sha256) / "files" / receipt.component
    path.write_bytes(evil)
    forged = Receipt.decode(receipt.encode())
    forged.files[receipt.component] = (hashlib.sha256(evil).hexdigest(), len(evil))  # type: ignore[index]
    (store.entry(wheel.sha256) / "receipt.json").write_bytes(forged.encode())
    with pytest.raises(RefusedError) as refused:
        check(store, wheel.sha256, receipt.digest)
    assert refused.value.rule == "lock.changed"


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"nonsense", b'{"format": 2}', b"[" * 100_000])
def test_a_receipt_that_is_none_is_refused(store: Store, wheel: Wheel, text: bytes) -> None:
    put(store, wheel)
    (store.entry(wheel.sha256) / "receipt.json").write_bytes(text)
    with pytest.raises(RefusedError) as refused:
        receipt_of(store, wheel.sha256)
    assert refused.value.rule == "lock.changed"


def test_a_store_that_is_a_link_is_refused(tmp_path: Path, wheel: Wheel) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "store").symlink_to("real", target_is_directory=True)
    with pytest.raises(RefusedError) as refused:
        put(Store(tmp_path / "store"), wheel)
    assert refused.value.rule == "lock.store"
    assert list((tmp_path / "real").iterdir()) == []


def test_a_store_that_others_may_write_is_refused(tmp_path: Path, wheel: Wheel) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store").chmod(0o777)
    with pytest.raises(RefusedError) as refused:
        put(Store(tmp_path / "store"), wheel)
    assert refused.value.rule == "lock.store"
    assert "chmod 700" in str(refused.value.hint)


def test_an_entry_that_is_a_link_is_replaced_and_not_followed(store: Store, wheel: Wheel, tmp_path: Path) -> None:
    store.open()
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "precious").write_text("kept")
    store.entry(wheel.sha256).symlink_to(tmp_path / "theirs", target_is_directory=True)
    receipt = put(store, wheel)
    check(store, wheel.sha256, receipt.digest)
    assert (tmp_path / "theirs" / "precious").read_text() == "kept"


def test_what_a_killed_writer_left_is_swept_up(store: Store, wheel: Wheel) -> None:
    store.open()
    half = store.temporary()
    (half / "files").mkdir()
    (half / "files" / "plugin.wasm").write_bytes(b"half")
    put(store, wheel)
    assert [f for f in files(store) if f.startswith(".tmp")] == []


def test_many_at_once_put_one(store: Store, wheel: Wheel) -> None:
    news: list[bool] = []

    def work() -> None:
        with store.guard():
            news.append(place(store, DATA, wheel, PROVENANCE)[1])

    threads = [threading.Thread(target=work) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(news) == [False] * 7 + [True]
    assert len(store.entries()) == 1


def test_a_full_disk_leaves_nothing(store: Store, wheel: Wheel) -> None:
    store.open()
    child = os.fork()
    if child == 0:  # what is set for a process cannot be taken back for its own
        code = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
            put(store, wheel)
        except StorageError as e:
            code = 0 if "cannot be written" in e.message or "too large" in e.message else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert files(store) == []
    put(store, wheel)


@pytest.mark.skipif(sys.platform != "linux", reason="counts what the system is asked, as Linux has it")
def test_whoever_is_killed_anywhere_leaves_all_or_nothing(store: Store, wheel: Wheel) -> None:
    receipt, points = put(store, wheel), 0
    while True:
        discard(store.root)
        if not _killed_at(points, store, wheel):
            break
        points += 1
        if store.entry(wheel.sha256).exists():
            check(store, wheel.sha256, receipt.digest)
        put(store, wheel)
        assert not [f for f in files(store) if f.startswith(".tmp")]
        check(store, wheel.sha256, receipt.digest)
    assert points > 25


ACTS = {"open", "os.chmod", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree"}


def _killed_at(point: int, store: Store, wheel: Wheel) -> bool:
    """Put the wheel in a process that is killed at the *point*-th thing it does to files; tell whether it was."""
    child = os.fork()
    if child == 0:
        left, sync = point, os.fsync

        def count() -> None:
            nonlocal left
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

        def counted(descriptor: Any) -> None:
            count()
            sync(descriptor)

        os.fsync = counted  # type: ignore[assignment]
        sys.addaudithook(lambda event, _: count() if event in ACTS else None)
        put(store, wheel)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


# --- garbage


def test_what_a_lock_names_and_two_earlier_ones_are_kept(store: Store, tmp_path: Path) -> None:
    lock = tmp_path / "lumos.lock"
    lock.write_text("")
    shas = [_version(store, f"1.{n}.0") for n in range(5)]
    with store.guard():
        gc.refer(store, lock)
        gone = gc.collect(store, lambda _: [shas[4]])
    assert sorted(gone) == sorted(shas[:2])
    assert sorted(store.entries()) == sorted(shas[2:])


def test_what_another_lock_names_is_kept(store: Store, tmp_path: Path) -> None:
    shas = [_version(store, f"1.{n}.0") for n in range(2)]
    locks = [tmp_path / "a.lock", tmp_path / "b.lock"]
    for lock in locks:
        lock.write_text("")
        gc.refer(store, lock)
    named = {locks[0]: [shas[0]], locks[1]: [shas[1]]}
    assert gc.collect(store, lambda lock: named[lock], spare=0) == []
    locks[0].unlink()
    assert gc.collect(store, lambda lock: named[lock], spare=0) == [shas[0]]


def test_a_lock_that_cannot_be_read_keeps_everything(store: Store, wheel: Wheel, tmp_path: Path) -> None:
    put(store, wheel)
    lock = tmp_path / "lumos.lock"
    lock.write_text("nonsense")
    gc.refer(store, lock)

    def unreadable(_: Path) -> list[str]:
        raise StorageError("nonsense")

    assert gc.collect(store, unreadable) == []
    assert store.entries() == [wheel.sha256]


def test_of_a_plugin_that_was_removed_nothing_is_kept(store: Store, wheel: Wheel, tmp_path: Path) -> None:
    put(store, wheel)
    lock = tmp_path / "lumos.lock"
    lock.write_text("")
    gc.refer(store, lock)
    assert gc.collect(store, lambda _: []) == [wheel.sha256]
    assert store.entries() == []


def _version(store: Store, version: str) -> str:
    from tests.marketplace.client.wheels import make

    filename, data = make(version=version)
    made = read_wheel(filename, data)
    with store.guard():
        place(store, data, made, PROVENANCE)
    return made.sha256
