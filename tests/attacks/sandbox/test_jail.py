"""Attacks out of the jail: what broke out of the engine reaches nothing, and tells its host nothing it believes."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.attacks.sandbox.escaped import COMMAND
from tests.sandbox.jail.jails import Code, children, compiled, opened, state, tenant, until

from lumosai_sandbox.jail import spawn
from lumosai_sandbox.jail.client import Jailed
from lumosai_sandbox.jail.lock import supported
from lumosai_sandbox.limits import MIB, Limits
from lumosai_sdk.errors import PluginError, PluginTimeoutError, PluginUnavailableError
from lumosai_sdk.types.caller import NOBODY, Caller

LIMITS = Limits(memory=8 * MIB, wall=1.0, concurrency=4)
Run = Callable[..., Awaitable[str]]
pytestmark = pytest.mark.skipif(not supported(), reason=f"no jail here: {supported().reason}")


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Code:
    return compiled(tmp_path_factory.mktemp("jail"))


@pytest.fixture(scope="module")
def hostile() -> Iterator[spawn.Zygote]:
    zygote = spawn.Zygote(COMMAND)
    zygote.hold()
    yield zygote
    zygote.release()


@pytest.fixture(scope="module")
def honest() -> Iterator[spawn.Zygote]:
    zygote = spawn.Zygote()
    zygote.hold()
    yield zygote
    zygote.release()


async def _silent(function: str, texts: tuple[str, ...], caller: Caller) -> str:
    await asyncio.sleep(60)
    return "null"


@pytest.fixture
async def escaped(code: Code, hostile: spawn.Zygote, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Jailed]:
    """A guest whose worker runs what it is sent."""
    monkeypatch.setattr(spawn, "shared", lambda: hostile)
    jailed = Jailed("evil", code, LIMITS, _silent)
    yield jailed
    await jailed.aclose()


async def run(jailed: Jailed, attack: str, caller: Caller = NOBODY) -> str:
    return await jailed.call("tool.call", "t.x", attack, "{}", caller=caller)


def statuses(pid: int) -> list[dict[str, str]]:
    """Return what the kernel says of each thread of a process."""
    texts = [(task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return [dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line) for text in texts]


async def works(jailed: Jailed) -> None:
    """Whatever was done to a worker, the next call is served."""
    assert await run(jailed, "6 * 7") == "42"


def pid_of(jailed: Jailed) -> int:
    [link] = jailed._seats.links
    return link.pid or 0


# --- reaching out. Each is refused by a name of its own for "no": EPERM by the filter, which comes first.


OUT = {
    "a file": "open('/etc/passwd')",
    "a relative file": "open('passwd')",
    "a file to write": "open('/tmp/lumos-was-here', 'w')",
    "its own memory": "open('/proc/self/mem', 'rb+')",
    "its own maps": "open('/proc/self/maps')",
    "its descriptors": "os.listdir('/proc/self/fd')",
    "the host's environment": "open(f'/proc/{os.getppid()}/environ')",
    "open_tree": "call(428, -100, b'/', 0)",
    "openat2": "call(437, -100, b'/etc/passwd', bytes(24), 24)",
    "name_to_handle_at": "call(303, -100, b'/', bytes(64), bytes(8), 0)",
    "whether a file is there": "os.stat('/etc/passwd')",
    "access": "call(21, b'/etc/passwd', 0)",
    "a link": "os.readlink('/proc/self/exe')",
    "a folder": "os.mkdir('/tmp/lumos-was-here')",
    "the working folder": "os.chdir('/')",
    "removing": "os.unlink('/tmp/x')",
    "inet": "socket.socket()",
    "inet6": "socket.socket(socket.AF_INET6)",
    "datagrams": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "unix": "socket.socket(socket.AF_UNIX)",
    "netlink": "call(41, 16, 3, 0)",
    "a pair": "socket.socketpair()",
    "connecting the channel": "channel.connect(b'\\0lumos')",
    "listening": "channel.listen()",
    "exec": "os.execv('/bin/true', ['true'])",
    "execveat": "call(322, 0, b'', 0, 0, 0x1000)",
    "fork": "os.fork()",
    "vfork": "call(58)",
    "clone": "call(56, 17, 0, 0, 0, 0)",
    "a namespace": "call(272, 0x10000000)",
    "a thread": "call(56, 0x50f00, 0, 0, 0, 0)",
    "ptrace": "call(101, 16, os.getppid(), 0, 0)",
    "reading the zygote": "call(310, os.getppid(), bytes(16), 1, bytes(16), 1, 0)",
    "writing the zygote": "call(311, os.getppid(), bytes(16), 1, bytes(16), 1, 0)",
    "kill the zygote": "os.kill(os.getppid(), 9)",
    "kill everybody": "os.kill(-1, 9)",
    "tgkill": "call(234, os.getppid(), os.getppid(), 9)",
    "sigqueue": "call(129, os.getppid(), 9, bytes(128))",
    "a pidfd": "os.pidfd_open(os.getppid())",
    "a descriptor of another": "call(438, 3, 0, 0)",
    "limits of another": "resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)",
    "higher limits": "resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))",
    "io_uring": "call(425, 1, bytes(120))",
    "bpf": "call(321, 0, bytes(64), 64)",
    "userfaultfd": "call(323, 0)",
    "keys": "call(250, 0, -3, 0)",
    "perf": "call(298, bytes(128), 0, -1, -1, 0)",
    "a memfd": "os.memfd_create('x')",
    "shared memory": "call(29, 0, 4096, 0o1600)",
    "messages": "call(68, 0, 0o1600)",
    "a copy of a descriptor": "os.dup(3)",
    "fcntl": "__import__('fcntl').fcntl(3, 0, 10)",
    "ioctl": "call(16, 3, 0x5412, b'x')",
    "a descriptor sent": "socket.send_fds(channel, [b'x'], [3])",
    "a descriptor taken": "socket.recv_fds(channel, 1, 1)",
    "a new filter": "call(317, 1, 0, bytes(16))",
    "prctl": "call(157, 4, 1, 0, 0, 0)",
    "setuid": "os.setuid(65534)",
    "groups": "os.setgroups([0])",
    "mount": "call(165, b'x', b'/', b'proc', 0, 0)",
    "chroot": "os.chroot('/')",
    "the clock": "time.clock_settime(0, 1)",
    "reboot": "call(169, 0, 0, 0)",
    "a personality that executes data": "call(135, 0x400000)",
    "code": "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC, flags=0x22)",
    "memory made code": "call(10, call(9, 0, 4096, 3, 0x22, -1, 0), 4096, 5)",
    "memory made code by key": "call(329, call(9, 0, 4096, 3, 0x22, -1, 0), 4096, 5, -1)",
    "memory nobody counts": "call(9, 0, 4096, 3, 0x21, -1, 0)",
    "memory that grows down": "call(9, 0, 4096, 3, 0x122, -1, 0)",
    "memory for good": "call(9, 0, 4096, 3, 0x2022, -1, 0)",
    "memory shared with others": "call(28, call(9, 0, 4096, 3, 0x22, -1, 0), 4096, 12)",
    "an address for what is sent": "call(44, 3, b'x', 1, 0, bytes(16), 16)",
}
NO = ("PermissionError 1 ", "ModuleNotFoundError", "ValueError  not allowed to raise maximum limit")


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
@pytest.mark.parametrize("attack", OUT.values(), ids=OUT.keys())
async def test_nothing_can_be_reached(escaped: Jailed, attack: str) -> None:
    told = await run(escaped, attack)
    assert told.startswith(NO), told
    await works(escaped)


HONEST = {
    "memory": "len(mmap.mmap(-1, 1 << 20, flags=0x22))",
    "time": "time.monotonic() > 0",
    "chance": "len(os.urandom(16))",
    "its own limits": "resource.getrlimit(resource.RLIMIT_NOFILE)",
    "itself": "os.getpid() > 0",
}


@pytest.mark.parametrize("twin", HONEST.values(), ids=HONEST.keys())
async def test_computing_is_not_hindered(escaped: Jailed, twin: str) -> None:
    assert "Error" not in await run(escaped, twin)


async def test_calls_by_the_numbers_of_another_architecture_kill(escaped: Jailed) -> None:
    with pytest.raises(PluginError, match="worker was lost"):
        await run(escaped, "call(0x40000000 + 2, b'/etc/passwd', 0)")
    await works(escaped)


async def test_all_threads_are_behind_the_filter(escaped: Jailed) -> None:
    await works(escaped)
    threads = statuses(pid_of(escaped))
    assert len(threads) == 2, "the worker's own, and the beat"
    for status in threads:
        assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
        assert {status[k] for k in status if k.startswith("Cap")} == {"0" * 16}
        assert status["Groups"].strip() == ""


async def test_nothing_leaks_into_a_worker(escaped: Jailed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUMOS_TEST_SECRET", "hunter2")
    await works(escaped)
    assert await run(escaped, "dict(os.environ)") == "{}"
    leads = opened(pid_of(escaped))
    assert [leads.pop(fd) for fd in "012"] == ["/dev/null"] * 3
    assert [w.partition(":")[0] for w in leads.values() if not w.endswith("guest.cwasm")] == ["socket"]


# --- taking too much


@pytest.mark.parametrize(
    "attack",
    [
        "len(bytearray(1 << 30))",
        "mmap.mmap(-1, 1 << 44, flags=0x22, prot=1)",
        "[mmap.mmap(-1, 1 << 20, flags=0x22) for _ in range(4096)]",
        "call(12, call(12, 0) + (1 << 32)) == call(12, 0) or 1 / 0",
        "call(25, call(9, 0, 4096, 3, 0x22, -1, 0), 4096, 1 << 32, 1, 0)",
    ],
    ids=["bytes", "addresses", "many", "brk", "mremap"],
)
async def test_memory_ends_at_the_limit(escaped: Jailed, attack: str) -> None:
    told = await run(escaped, attack)
    assert told.startswith(("MemoryError", "OSError 12", "True")), told
    await works(escaped)


async def test_a_worker_that_works_without_a_call_is_ended(escaped: Jailed, monkeypatch: pytest.MonkeyPatch) -> None:
    from lumosai_sandbox.jail import link

    monkeypatch.setattr(link, "IDLE_CPU", 0.05)
    monkeypatch.setattr(link, "LOOKS_EVERY", 0.05)
    await works(escaped)
    pid = pid_of(escaped)
    channel = "channel.sendall(frames.frame(frames.OK, number, b'1'))"
    assert await run(escaped, f"{channel}\nwhile True: pass") == "1"
    await until(lambda: state(pid) is None)
    await works(escaped)
    assert escaped.metrics()["killed"] == 1


# --- lying to the host


SAY = "channel.sendall({})\ntime.sleep(30)"
LIES = {
    "noise": "b'\\xff' * 100_000",
    "a frame of 4 GiB": "frames.HEAD.pack(2**32 - 1, frames.OK, number)",
    "a result that is too large": "frames.frame(frames.OK, number, b'x' * (1 << 20) + b'x')",
    "another's call": "frames.frame(frames.OK, number + 1, b'mine now')",
    "a result twice": "frames.frame(frames.OK, number, b'1') * 2",
    "a kind of the host's own": "frames.frame(frames.CALL, number, b'')",
    "no kind at all": "frames.frame(99, number)",
    "ready again": "frames.frame(frames.READY, 0, b'{}')",
    "born again": "frames.frame(frames.BORN, 0)",
    "a result that is no text": "frames.frame(frames.OK, number, b'\\xff\\xfe')",
    "an error that is no text": "frames.frame(frames.ERROR, number, b'\\xff\\xfe')",
    "a failure of no kind": "frames.texts_frame(frames.FAILED, number, b'nonsense', b'')",
    "a failure that was not asked for": "frames.texts_frame(frames.FAILED, number, b'cancelled', b'')",
    "a failure without words": "frames.frame(frames.FAILED, number, b'\\xff\\xff\\xff\\xff')",
    "a function it does not import": "frames.texts_frame(frames.HOST, number, b'http.fetch', b'{}')",
    "a function there is not": "frames.texts_frame(frames.HOST, number, b'os.system', b'id')",
    "too few arguments": "frames.texts_frame(frames.HOST, number, b'kv.get')",
    "too many arguments": "frames.texts_frame(frames.HOST, number, b'kv.get', *[b''] * 7)",
    "an argument that is no text": "frames.texts_frame(frames.HOST, number, b'kv.get', b'\\xff')",
    "an argument that is too long": "frames.texts_frame(frames.HOST, number, b'kv.get', b'x' * (1 << 20) + b'x')",
    "two questions at once": "frames.texts_frame(frames.HOST, number, b'kv.get', b'k') * 2",
    "an answer to its own question": "frames.texts_frame(frames.HOST, number, b'kv.get', b'k')"
    " + frames.frame(frames.OK, number, b'1')",
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
async def test_who_breaks_the_protocol_is_killed(escaped: Jailed, lie: str) -> None:
    await works(escaped)
    pid = pid_of(escaped)
    [end] = await asyncio.gather(run(escaped, SAY.format(lie)), return_exceptions=True)
    # Of a result that is said twice the first was true.
    assert end == "1" or isinstance(end, PluginError)
    assert not isinstance(end, PluginTimeoutError), "the host waited for a liar"
    await until(lambda: state(pid) is None)
    await works(escaped)
    assert escaped.metrics()["killed"] == 1


async def test_words_of_a_worker_are_cut_short(escaped: Jailed) -> None:
    with pytest.raises(PluginError) as caught:
        await run(escaped, SAY.format("frames.texts_frame(frames.FAILED, number, b'trap', b'x' * 1_000_000)"))
    assert len(str(caught.value)) < 1000


async def test_a_flood_does_not_hold_up_the_host(escaped: Jailed) -> None:
    await works(escaped)
    pid = pid_of(escaped)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    ticking = asyncio.create_task(tick())
    with pytest.raises(PluginError, match="worker was lost"):
        await run(
            escaped, "while True: channel.sendall(frames.texts_frame(frames.HOST, number, b'kv.get', b'k') * 500)"
        )
    await asyncio.sleep(0.02)
    ticking.cancel()
    assert ticks
    await until(lambda: state(pid) is None)


async def test_half_a_frame_is_waited_for_no_longer_than_a_call(escaped: Jailed) -> None:
    with pytest.raises(PluginTimeoutError):
        await run(escaped, "channel.sendall(frames.HEAD.pack(10, frames.OK, number) + b'x'); time.sleep(30)")
    await works(escaped)


async def test_who_does_not_answer_or_does_not_read_is_killed(escaped: Jailed) -> None:
    await works(escaped)
    pid = pid_of(escaped)
    hanging = asyncio.create_task(run(escaped, "time.sleep(30)"))
    await asyncio.sleep(0.7)
    others = [asyncio.create_task(run(escaped, "1" + " " * 2_000_000)) for _ in range(3)]
    with pytest.raises(PluginTimeoutError):
        await hanging
    for other in others:
        with pytest.raises(PluginUnavailableError):
            await other
    await until(lambda: state(pid) is None)
    await works(escaped)


@pytest.mark.parametrize("end", ["os._exit(0)", "ctypes.string_at(1)", "libc.abort()"])
async def test_dying_in_a_call_is_told_at_once(escaped: Jailed, end: str) -> None:
    with pytest.raises(PluginError, match="worker was lost"):
        await run(escaped, end)
    await works(escaped)


async def test_one_tenants_worker_knows_nothing_of_anothers(escaped: Jailed) -> None:
    await run(escaped, "setattr(os, 'loot', 'of a')", tenant("a"))
    assert await run(escaped, "os.loot", tenant("a")) == "'of a'"
    assert "AttributeError" in await run(escaped, "os.loot", tenant("b"))


# --- outliving


HOST = """
import asyncio, os, sys
from tests.sandbox.jail.jails import Code, tenant
from pathlib import Path
from lumosai_sandbox.jail import spawn
from lumosai_sandbox.jail.client import Jailed
from lumosai_sandbox.limits import Limits

async def host(*_): return "null"

async def main():
    jailed = Jailed("guest", Code(Path(sys.argv[1])), Limits(cpu=60, wall=60), host)
    for t in "ab":
        await jailed.call("tool.call", "t.x", "yes", "{}", caller=tenant(t))
    looping = asyncio.create_task(jailed.call("tool.call", "t.x", "l", "{}", caller=tenant("a")))
    await asyncio.sleep(0.01)
    print(spawn.shared().pid, *[w.pid for w in jailed._seats.links], flush=True)
    await looping

asyncio.run(main())
"""


def test_the_whole_tree_dies_with_the_host(code: Code) -> None:
    root = str(Path(__file__).parents[3])
    with subprocess.Popen(
        [sys.executable, "-c", HOST, str(code.path)], stdout=subprocess.PIPE, cwd=root, env={"PYTHONPATH": root}
    ) as host:
        assert host.stdout is not None
        pids = [int(n) for n in host.stdout.readline().split()]
        assert [state(p) is not None for p in pids] == [True] * 3
        os.kill(host.pid, signal.SIGKILL)
        host.wait()

    async def dead() -> None:
        await until(lambda: all(state(p) in {None, "Z"} for p in pids), seconds=10)

    asyncio.run(dead())


async def test_many_workers_later_nothing_has_piled_up(
    code: Code, honest: spawn.Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spawn, "shared", lambda: honest)
    jailed = Jailed("guest", code, LIMITS, _silent, workers=2)
    await jailed.call("tool.call", "t.x", "yes", "{}", caller=NOBODY)
    before = len(opened()), len(opened(honest.pid or 0))
    for n in range(40):
        assert await jailed.call("tool.call", "t.x", "yes", "{}", caller=tenant(str(n))) == "yes"
        if n % 4 == 0:
            os.kill(jailed._seats.links[-1].pid or 0, signal.SIGKILL)
    await until(lambda: len(jailed._dying) == 0)
    await until(lambda: len(children(honest.pid or 0)) <= 2)
    after = len(opened()), len(opened(honest.pid or 0))
    assert after[0] <= before[0] + 2
    assert after[1] <= before[1] + 1
    await jailed.aclose()
    await until(lambda: children(honest.pid or 0) == [])


async def test_the_zygote_serves_its_host_only(honest: spawn.Zygote, code: Code) -> None:
    """What is no wish does no harm to the next one."""
    fd = code.open()
    for wish in (b"", b"{", b"[]", b'{"limits": 1}', b"x" * 20_000):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            honest.spawn(wish or b"null", fd, theirs.fileno())
    os.close(fd)
    monkey = Jailed("guest", code, replace(LIMITS, cpu=0.2), _silent)
    assert await monkey.call("tool.call", "t.x", "yes", "{}", caller=NOBODY) == "yes"
    await monkey.aclose()
