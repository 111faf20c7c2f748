"""The parts of the jail by themselves: frames, filters, rules and limits."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from lumosai_sandbox.jail import frames, landlock, rlimits, seccomp
from lumosai_sandbox.jail.frames import BrokenFrameError, Reader, frame, texts_frame, texts_of
from lumosai_sandbox.limits import MIB, Limits


@pytest.mark.parametrize("size", [1, 2, 7, 9, 64, 10_000])
def test_frames_come_out_whole_however_they_arrive(size: int) -> None:
    sent = [(frames.OK, 1, b""), (frames.ERROR, 2, b"x" * 300), (frames.HOST, 2**32 - 1, b"\0" * 11)]
    wire = b"".join(frame(*f) for f in sent)
    reader = Reader(300)
    found = [f for at in range(0, len(wire), size) for f in reader.feed(wire[at : at + size])]
    assert found == sent


def test_a_frame_that_is_too_long_is_refused_before_it_is_there() -> None:
    with pytest.raises(BrokenFrameError):
        list(Reader(10).feed(frames.HEAD.pack(11, frames.OK, 1)))


@pytest.mark.parametrize("texts", [(), (b"",), (b"a", b"", b"c" * 1000)])
def test_texts_come_out_as_they_went_in(texts: tuple[bytes, ...]) -> None:
    [(kind, call, payload)] = Reader(10_000).feed(texts_frame(frames.CALL, 7, *texts))
    assert (kind, call, tuple(texts_of(payload))) == (frames.CALL, 7, texts)


@pytest.mark.parametrize("payload", [b"\1", b"\1\0\0\0", b"\xff\xff\xff\xffx", struct.pack("=I", 0) * 9])
def test_texts_that_are_none_are_refused(payload: bytes) -> None:
    with pytest.raises(BrokenFrameError):
        texts_of(payload)


# --- the filter, run by a little machine of our own


def verdict(program: bytes, number: int, *arguments: int, architecture: int = 0xC000003E) -> int:
    data = struct.pack("=iIQ6Q", number, architecture, 0, *(*arguments, *[0] * (6 - len(arguments))))
    code = list(struct.iter_unpack("=HBBI", program))
    at, value = 0, 0
    while True:
        op, yes, no, k = code[at]
        at += 1
        if op == 0x06:
            return int(k)
        if op == 0x20:
            [value] = struct.unpack_from("=I", data, k)
        else:
            true = {0x15: value == k, 0x45: bool(value & k), 0x35: value >= k}[op]
            at += yes if true else no


ALLOWED, DENIED, NO_SUCH, KILLED = 0x7FFF0000, 0x50001, 0x50026, 0x80000000
X86 = [
    ("read", (0, 3), ALLOWED),
    ("open", (2, 0), DENIED),
    ("openat", (257, 0), DENIED),
    ("socket", (41, 0), DENIED),
    ("mmap", (9, 0, 4096, 3, 0x22), ALLOWED),
    ("mmap with code", (9, 0, 4096, 7, 0x22), DENIED),
    ("shared mmap", (9, 0, 4096, 3, 0x21), DENIED),
    ("mprotect", (10, 0, 4096, 3), ALLOWED),
    ("mprotect with code", (10, 0, 4096, 5), DENIED),
    ("sendto", (44, 3, 1, 1, 0, 0, 0), ALLOWED),
    ("sendto somebody", (44, 3, 1, 1, 0, 0x1000, 0), DENIED),
    ("sendto somebody far up", (44, 3, 1, 1, 0, 1 << 40, 0), DENIED),
    ("prlimit get", (302, 0, 7, 0), ALLOWED),
    ("prlimit set", (302, 0, 7, 1 << 32), DENIED),
    ("prlimit another", (302, 1, 7, 0), DENIED),
    ("madvise", (28, 0, 0, 4), ALLOWED),
    ("madvise merge", (28, 0, 0, 12), DENIED),
    ("clone", (56, 0x10000), DENIED),
    ("clone3", (435, 0), NO_SUCH),
    ("epoll_wait", (232, 0), DENIED),
    ("x32", (0x40000000, 0), KILLED),
]


@pytest.mark.parametrize(("call", "expected"), [c[1:] for c in X86], ids=[c[0] for c in X86])
def test_the_filter_of_x86_64(call: tuple[int, ...], expected: int) -> None:
    assert verdict(seccomp.program("x86_64"), *call) == expected


ARM = [
    ("read", (63, 3), ALLOWED),
    ("openat", (56, 0), DENIED),
    ("socket", (198, 0), DENIED),
    ("execve", (221, 0), DENIED),
    ("mmap with code", (222, 0, 4096, 7, 0x22), DENIED),
    ("mmap", (222, 0, 4096, 3, 0x22), ALLOWED),
    ("clone", (220, 0x10000), DENIED),
    ("ioctl", (29, 0), DENIED),
]


@pytest.mark.parametrize(("call", "expected"), [c[1:] for c in ARM], ids=[c[0] for c in ARM])
def test_the_filter_of_aarch64(call: tuple[int, ...], expected: int) -> None:
    assert verdict(seccomp.program("aarch64"), *call, architecture=0xC00000B7) == expected


def test_another_architecture_is_killed() -> None:
    assert verdict(seccomp.program("x86_64"), 0, architecture=0x40000003) == KILLED
    assert verdict(seccomp.program("aarch64"), 63, architecture=0x40000028) == KILLED


def test_waiting_and_threads_are_for_those_who_need_them() -> None:
    assert verdict(seccomp.program("x86_64", waiting=True), 232) == ALLOWED
    threads = seccomp.program("x86_64", threads=True)
    assert verdict(threads, 56, 0x3D0F00) == ALLOWED
    assert verdict(threads, 56, 17) == DENIED
    assert verdict(threads, 56, 0x10000 | 0x10000000) == DENIED
    assert verdict(seccomp.program("x86_64", code=True), 10, 0, 4096, 5) == ALLOWED


@pytest.mark.parametrize(
    ("version", "size", "files"),
    [(1, 8, 13), (2, 8, 14), (3, 8, 15), (4, 16, 15), (5, 16, 16), (6, 24, 16), (9, 24, 16)],
)
def test_landlock_handles_all_its_version_can(version: int, size: int, files: int) -> None:
    found = landlock.ruleset(version)
    assert len(found) == size
    assert struct.unpack_from("=Q", found) == ((1 << files) - 1,)


def test_a_worker_may_use_what_its_guests_may_and_a_little_more() -> None:
    limits = Limits(memory=10 * MIB, concurrency=4)
    data, addresses = rlimits.budget(limits, stateful=False)
    assert 40 * MIB < data < 200 * MIB
    assert addresses > 4 * (4 << 30)
    assert rlimits.budget(limits, stateful=True)[1] > addresses
    assert rlimits.budget(replace(limits, memory=20 * MIB), stateful=False)[0] == data + 40 * MIB
