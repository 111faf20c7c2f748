"""Guests of an attacker's hand, written in WebAssembly's text form, and what runs them in both tiers."""

from __future__ import annotations

import contextlib
import gc
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from string import Template
from typing import Any

import pytest
import wasmtime

from lumosai_sandbox.artefacts.shape import Shape
from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.engine import shared
from lumosai_sandbox.engine.hostcalls import waiters
from lumosai_sandbox.inprocess import InProcess
from lumosai_sandbox.jail import spawn
from lumosai_sandbox.jail.client import Jailed
from lumosai_sandbox.jail.lock import supported
from lumosai_sandbox.limits import MIB, Limits
from lumosai_sandbox.runner import HostFunctions, KeyOf, Runner, no_key
from lumosai_sdk import wit
from lumosai_sdk.errors import LumosError, PluginError
from lumosai_sdk.types.caller import NOBODY, Caller

LIMITS = Limits(wall=5.0, cpu=0.1, memory=16 * MIB)
Start = Callable[..., Awaitable[Runner]]
TEXTS = "(result (result string (error string)))"
# The memory and its allocator stand in a module of their own, so that host functions can be lowered before the guest's
# code is there. A text of no use to anybody is at 64, what a host function answers is written to 32.
MEMORY = Template("""
  (core module $$memory
    $memory
    (table $$hooks (export "hooks") 4 funcref)
    (global $$heap (mut i32) (i32.const 4096))
    (func (export "reset") (global.set $$heap (i32.const 4096)))
    (func $$realloc (export "realloc") (param $$old i32) (param $$had i32) (param $$align i32) (param $$size i32)
      (result i32) (local $$p i32)
      $realloc
      (local.set $$p (i32.and (i32.add (global.get $$heap) (i32.const 7)) (i32.const -8)))
      (global.set $$heap (i32.add (local.get $$p) (local.get $$size)))
      (if (i32.gt_u (global.get $$heap) (i32.mul (memory.size) (i32.const 65536)))
        (then (if (i32.eq (i32.const -1) (memory.grow (i32.shr_u (i32.add (local.get $$size) (i32.const 131071))
            (i32.const 16)))) (then unreachable))))
      (memory.copy (local.get $$p) (local.get $$old) (select (local.get $$had) (local.get $$size)
        (i32.lt_u (local.get $$had) (local.get $$size))))
      (local.get $$p))
    $memory_code)
""")
MAIN = Template("""
  (core module $$main
    (import "memory" "memory" (memory 0))
    (import "memory" "hooks" (table $$hooks 4 funcref))
    (import "memory" "reset" (func $$reset))
    (import "memory" "realloc" (func $$realloc (param i32 i32 i32 i32) (result i32)))
    $imports
    (data (i32.const 64) "key")
    (func $$result (param $$side i32) (param $$at i32) (param $$size i32) (result i32)
      (i32.store (i32.const 16) (local.get $$side))
      (i32.store (i32.const 20) (local.get $$at))
      (i32.store (i32.const 24) (local.get $$size))
      (call $$reset)
      (i32.const 16))
    (func $$ok (param i32 i32) (result i32) (call $$result (i32.const 0) (local.get 0) (local.get 1)))
    (func $$err (param i32 i32) (result i32) (call $$result (i32.const 1) (local.get 0) (local.get 1)))
    $code
    (func $$call (export "call") (param $$id i32) (param $$idn i32) (param $$a i32) (param $$n i32)
      (param $$c i32) (param $$cn i32) (result i32) (local $$i i32) (local $$j i32)
      (if (i32.eq (i32.load8_u (local.get $$a)) (i32.const 33)) (then $evil))
      $honest
      (call $$ok (local.get $$a) (local.get $$n)))
    (func (export "post") (param i32) $post))
""")
BUILTIN = '(import "host" "builtin" (func $builtin (param i32) (result i32)))'
COMPONENT = Template("""(component
  $instances $memory_module
  (core instance $$m (instantiate $$memory))
  (alias core export $$m "memory" (core memory $$mem))
  (alias core export $$m "realloc" (core func $$realloc))
  $lowered $main_module
  (core instance $$g (instantiate $$main (with "memory" (instance $$m)) (with "host" (instance $offered))))
  (alias core export $$g "call" (core func $$call))
  (alias core export $$g "post" (core func $$post))
  (func $$f (param "id" string) (param "arguments" string) (param "context" string) $result
    (canon lift (core func $$call) (memory (core memory $$mem)) (realloc (core func $$realloc))
      (post-return (core func $$post)) string-encoding=$encoding))
  (instance $$tool (export "call" (func $$f)))
  $more
  (export "lumos:plugin/tool@1.0.0" (instance $$tool)))
""")


def component(
    evil: str = "",
    *,
    honest: str = "",
    realloc: str = "",
    post: str = "",
    code: str = "",
    memory_code: str = "",
    memory: str = '(memory (export "memory") 1)',
    imports: Iterable[str] = (),
    more: str = "",
    encoding: str = "utf8",
    builtins: str = "",
) -> bytes:
    """Return a component that exports a tool which answers with its arguments.

    *evil* is the core code it runs first when its arguments begin with "!" (locals: $a and $n are where they are and
    their size, $i and $j are free), *honest* what it runs first otherwise; *realloc* and *post* is what its allocator
    (locals $old, $had, $align, $size) and its post-return run first. *code* adds functions, *memory_code* the same in
    the allocator's module, *imports* are such as ``kv.get``, which *evil* calls as ``$kv.get``. *builtins* are
    definitions of a core function ``$builtin`` (i32 to i32), *more* other parts of the component.
    """
    names = tuple(imports)
    parts = {
        "memory_module": MEMORY.substitute(memory=memory, realloc=realloc, memory_code=memory_code),
        "main_module": MAIN.substitute(
            imports="".join(map(_core_import, names)) + BUILTIN * bool(builtins),
            code=code,
            evil=evil,
            honest=honest,
            post=post,
        ),
        "instances": "".join(_instance(i, names) for i in sorted({n.partition(".")[0] for n in names})),
        "lowered": "".join(map(_lowered, names)) + builtins,
        "offered": "".join(f'(export "{n}" (func ${n}))' for n in (*names, *["builtin"] * bool(builtins))),
        "result": TEXTS,
        "encoding": encoding,
        "more": more,
    }
    return assembled(COMPONENT.substitute(parts))


@cache
def assembled(text: str) -> bytes:
    """Return the bytes of a module or component."""
    return bytes(wasmtime.wat2wasm(text))


def _arity(name: str) -> tuple[str, ...]:
    interface, _, function = name.partition(".")
    return wit.imports()[interface][function]


def _core_import(name: str) -> str:
    return f'(import "host" "{name}" (func ${name} (param {"i32 i32 " * len(_arity(name))} i32)))'


def _instance(interface: str, names: tuple[str, ...]) -> str:
    functions = [n for n in names if n.partition(".")[0] == interface]
    body = "".join(
        f'(export "{n.partition(".")[2]}" (func {"".join(f"""(param "{p}" string)""" for p in _arity(n))} {TEXTS}))'
        for n in functions
    )
    aliases = "".join(f'(alias export ${interface} "{n.partition(".")[2]}" (func ${n}.f))' for n in functions)
    return f'(import "{wit.qualified(interface)}" (instance ${interface} {body})){aliases}'


def _lowered(name: str) -> str:
    return (
        f"(core func ${name} (canon lower (func ${name}.f) (memory (core memory $mem)) (realloc (core func $realloc))))"
    )


# --- running them


async def answers(function: str, texts: tuple[str, ...], caller: Caller) -> str:
    """Return the first text, or null: what a harmless host says."""
    return texts[0] if texts else "null"


async def say(runner: Runner, arguments: str = "hello", caller: Caller = NOBODY) -> str:
    """Call the tool, and return its answer."""
    return await runner.call("tool.call", "t.x", arguments, "{}", caller=caller)


@dataclass(frozen=True)
class Attack:
    """A hostile guest, and how its call must end.

    ``guest`` are the arguments of ``component``; ``always`` tells that it is hostile before it reads any arguments.
    """

    name: str
    guest: Mapping[str, Any]
    error: type[LumosError] = PluginError
    words: str = ""
    limit: str | None = None
    arguments: str = "!"
    always: bool = False
    limits: Mapping[str, Any] = field(default_factory=dict)

    async def run(self, start: Start, **options: Any) -> None:
        """Attack; before and after it, honest calls of the same guest, or of an honest one, are answered."""
        limits = replace(LIMITS, **self.limits)
        hostile = await start(component(**self.guest), limits, **options)
        honest = await start(component(), limits) if self.always else hostile
        for _ in range(2):
            assert await say(honest) == "hello"
            with pytest.raises(self.error) as caught:
                await say(hostile, self.arguments)
            assert self.words in str(caught.value)
            assert getattr(caught.value, "limit", None) == self.limit
        assert await say(honest) == "hello"


def each(*attacks: Attack) -> pytest.MarkDecorator:
    """Run a test for each of *attacks*."""
    return pytest.mark.parametrize("attack", attacks, ids=[a.name for a in attacks])


@pytest.fixture(params=["process", "jail"])
async def start(request: pytest.FixtureRequest) -> AsyncIterator[Start]:
    """Return what starts a component in the tier under test; it is stopped when the test ends."""
    started: list[Runner] = []
    make = _in_process if request.param == "process" else _jailed

    async def started_one(
        wasm: bytes, limits: Limits = LIMITS, host: HostFunctions = answers, *, key_of: KeyOf = no_key
    ) -> Runner:
        runner = await make(wasm, limits, host, key_of)
        started.append(runner)
        return runner

    yield started_one
    for runner in started:
        await runner.aclose()
    stop_ticking()


def stop_ticking() -> None:
    """Stop what divides the guests' time: no guest runs. Every tick is a thread, and a test may count those."""
    for _ in range(2):
        shared().ticker.rest()


@pytest.fixture(autouse=True)
def nothing_is_left_alive() -> Iterator[None]:
    """Whatever a test did to its guests, no instance outlives it."""
    before = set(waiters)
    yield
    for _ in range(100):
        if set(waiters) <= before:
            return
        gc.collect()
        time.sleep(0.01)  # a spare is being made on another thread
    assert set(waiters) <= before


async def _in_process(wasm: bytes, limits: Limits, host: HostFunctions, key_of: KeyOf) -> Runner:
    return InProcess("evil", loaded(wasm), limits, host, key_of=key_of)


async def _jailed(wasm: bytes, limits: Limits, host: HostFunctions, key_of: KeyOf) -> Runner:
    if not supported():
        pytest.skip(f"no jail here: {supported().reason}")
    return Jailed("evil", Compiled.of(wasm), limits, host, key_of=key_of)


@dataclass(frozen=True)
class Compiled:
    """A component compiled here, as ``artefacts.prepare`` would offer it, without the process that takes."""

    shape: Shape
    code: bytes

    @classmethod
    def of(cls, wasm: bytes) -> Compiled:
        guest = loaded(wasm)
        imports = tuple(map(wit.qualified, guest.imports))
        shape = Shape(imports, (wit.qualified("tool"),), ours=True, wasi=False)
        return cls(shape, bytes(guest.component.serialize()))

    def open(self) -> int:
        """Return a descriptor to read the code from."""
        fd = os.memfd_create("code")
        os.write(fd, self.code)
        return fd


@cache
def loaded(wasm: bytes) -> Guest:
    """Return a component compiled for both tiers."""
    return Guest.from_bytes(shared(), wasm)


@pytest.fixture(autouse=True, scope="session")
def one_zygote() -> Iterator[None]:
    """Start what makes jailed workers once, not for each test."""
    with contextlib.ExitStack() as stack:
        stack.callback(loaded.cache_clear)
        spawn.shared().hold()
        stack.callback(spawn.shared().release)
        yield
