"""Guests that take memory, tables and instances until there are none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.attacks.sandbox.conftest import LIMITS, Attack, Start, component, each, say

from lumosai_sandbox.limits import MIB
from lumosai_sdk.errors import PluginError, PluginLimitError

GREW = "(if (i32.eq ({} {}) (i32.const -1)) (then unreachable))"
MEMORIES = "".join(f"(memory $m{n} 1)" for n in range(3))


def module(body: str, times: int = 1) -> str:
    return f"(core module $bomb {body})" + "(core instance (instantiate $bomb))" * times


@each(
    Attack(
        "memory that is too large to begin with",
        {"memory": '(memory (export "memory") 257)'},
        PluginLimitError,
        limit="memory",
        always=True,
    ),
    Attack(
        "4 GiB to begin with",
        {"memory": '(memory (export "memory") 65536)'},
        PluginLimitError,
        limit="memory",
        always=True,
    ),
    Attack("a second memory", {"more": module("(memory 1)")}, PluginLimitError, limit="memories", always=True),
    Attack("many memories", {"more": module("(memory 0)", 50)}, PluginLimitError, limit="memories", always=True),
    Attack("many memories of one module", {"more": module(MEMORIES)}, PluginLimitError, limit="memories", always=True),
    Attack("a table that is too large", {"more": module("(table 65537 funcref)")}, PluginLimitError,
           limit="table_elements", always=True),
    Attack("the largest of tables", {"more": module("(table 0xffffffff funcref)")}, PluginLimitError,
           limit="table_elements", always=True),
    Attack("many tables", {"more": module("(table 1 funcref)" * 40)}, PluginLimitError, limit="tables", always=True),
    Attack("many instances", {"more": module("", 100)}, PluginLimitError, limit="instances", always=True),
    Attack(
        "nested components",
        {"more": "(component $a " + module("", 10) + ")" + "(component $b (alias outer 1 $a (component $a))"
            + "(instance (instantiate $a))" * 10 + ")" + "(instance (instantiate $b))" * 10},
        PluginLimitError,
        limit="instances",
        always=True,
    ),
)  # fmt: skip
async def test_what_takes_too_much_does_not_start(start: Start, attack: Attack) -> None:
    await attack.run(start)


@each(
    Attack("memory at once", {"evil": GREW.format("memory.grow", "(i32.const 300)")}),
    Attack("memory page by page", {"evil": f"(loop $l {GREW.format('memory.grow', '(i32.const 1)')} (br $l))"}),
    Attack("memory by 4 GiB", {"evil": GREW.format("memory.grow", "(i32.const -1)")}),
    Attack("table at once", {"evil": GREW.format("table.grow $hooks (ref.null func)", "(i32.const 70000)")}),
    Attack(
        "table one by one",
        {"evil": f"(loop $l {GREW.format('table.grow $hooks (ref.null func)', '(i32.const 9)')} (br $l))"},
    ),
    Attack("table by all there are", {"evil": GREW.format("table.grow $hooks (ref.null func)", "(i32.const -1)")}),
    Attack("the allocator", {"evil": "(loop $l (drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 1)"
                                     "(i32.const 65536))) (br $l))"}),
)  # fmt: skip
async def test_growing_ends_at_the_limit_and_the_guest_is_told(start: Start, attack: Attack) -> None:
    """The honest half of the guest: what fits is given."""
    await replace(attack, words="unreachable").run(start)
    fits = f"{GREW.format('memory.grow', '(i32.const 200)')} (i32.store8 (i32.const 13000000) (i32.const 1))"
    assert await say(await start(component(fits)), "!") == "!"


@each(
    Attack("growing for ever", {"evil": "(loop $l (drop (memory.grow (i32.const 16))) (br $l))"}, PluginLimitError,
           limit="cpu"),
    Attack("growing a table for ever", {"evil": "(loop $l (drop (table.grow $hooks (ref.null func) (i32.const 1)))"
                                                "(br $l))"}, PluginLimitError, limit="cpu"),
)  # fmt: skip
async def test_asking_again_and_again_ends_as_any_loop(start: Start, attack: Attack) -> None:
    await attack.run(start)


@pytest.mark.parametrize(("pages", "fits"), [(48, True), (80, False)])
async def test_many_small_memories_share_one_limit(start: Start, pages: int, fits: bool) -> None:
    """Four memories of 4 MiB each: what wasmtime limits is each memory, not the sum."""
    grow = "".join(GREW.format(f"memory.grow $m{n}", f"(i32.const {pages})") for n in range(3))
    runner = await start(component(grow, code=MEMORIES), replace(LIMITS, memories=4))
    assert await say(runner) == "hello"
    if fits:
        assert await say(runner, "!") == "!"
    else:
        with pytest.raises(PluginError):
            await say(runner, "!")
    assert await say(runner) == "hello"


async def test_memory_is_given_back_after_each_call(start: Start) -> None:
    """A thousand calls that use 12 MiB each would not fit anywhere."""
    fill = f"""{GREW.format("memory.grow", "(i32.const 190)")}
      (memory.fill (i32.const 4096) (i32.const 1) (i32.const 12000000))"""
    runner = await start(component(fill), replace(LIMITS, memory=16 * MIB))
    for _ in range(50):
        assert await say(runner, "!") == "\1"
    assert await say(runner) == "hello"


async def test_handles_end_before_the_hosts_memory(start: Start) -> None:
    """Handles of resources live in the host's memory, not in the guest's."""
    guest = {
        "evil": "(loop $l (drop (call $builtin (i32.const 1))) (br $l))",
        "honest": "(drop (call $builtin (i32.const 1)))",
        "builtins": "(type $r (resource (rep i32))) (core func $builtin (canon resource.new $r))",
    }
    await Attack("", guest, words="handle", limits={"cpu": 2.0}).run(start)
