"""Lies at the boundary: pointers, sizes and texts that are not what the canonical ABI says they are."""

from __future__ import annotations

import pytest
from tests.attacks.sandbox.conftest import LIMITS, Attack, Start, component, each, say

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.limits import KIB, MIB, Limits
from lumosai_sdk.errors import PluginError, PluginLimitError
from lumosai_sdk.types.caller import Caller

ASK = "(call $kv.set {0} {0} {0} (i32.const 32))"
ANSWER = "(return (i32.const 32))"
KEY = "(i32.const 64) (i32.const 3)"
OF_666 = "(if (i32.eq (local.get $size) (i32.const 666)) (then (return (i32.const {}))))"


def returns(name: str, at: int, size: int, words: str = "out of bounds", before: str = "") -> Attack:
    return Attack(name, {"evil": f"{before} (return (call $ok (i32.const {at}) (i32.const {size})))"}, words=words)


def texts(name: str, data: str) -> Attack:
    code = f'(data (i32.const 200) "{data}")'
    size = data.count("\\")
    evil = f"(return (call $ok (i32.const 200) (i32.const {size})))"
    return Attack(name, {"evil": evil, "code": code}, words="utf-8")


@each(
    returns("result past the memory", 65_530, 100),
    returns("result of 4 GiB", 0, -1),
    returns("result of 2 GiB", 64, -(2**31)),
    returns("result from behind the memory", -1, 1),
    returns("result whose end wraps around", -16, 32),
    Attack("error of 4 GiB", {"evil": "(return (call $err (i32.const 0) (i32.const -1)))"}, words="out of bounds"),
    Attack("result area that is misaligned", {"evil": "(return (i32.const 17))"}, words="not aligned"),
    Attack("result area past the memory", {"evil": "(return (i32.const 65532))"}, words="out of bounds"),
    Attack("result area at the end of the address space", {"evil": "(return (i32.const -4))"}, words="out of bounds"),
    Attack(
        "neither result nor error",
        {"evil": "(drop (call $ok (i32.const 64) (i32.const 3))) (i32.store8 (i32.const 16) (i32.const 2))"
            "(return (i32.const 16))"},
        words="discriminant",
    ),
    Attack(
        "a side of 255",
        {"evil": "(drop (call $ok (i32.const 64) (i32.const 3))) (i32.store (i32.const 16) (i32.const -1))"
            "(return (i32.const 16))"},
        words="discriminant",
    ),
    texts("a byte that no text has", r"\ff"),
    texts("a text that ends too soon", r"\e2\82"),
    texts("an overlong form", r"\c0\80"),
    texts("half of a pair", r"\ed\a0\80"),
    texts("past the last character", r"\f5\80\80\80"),
    Attack("a text in a place for it that is past the end", {"realloc": OF_666.format(-1)}, arguments="!" * 666,
           words="realloc"),
    Attack("a place for a text that is at the end", {"realloc": OF_666.format(65_000)}, arguments="!" * 666,
           words="realloc"),
)  # fmt: skip
async def test_a_lie_ends_one_call(start: Start, attack: Attack) -> None:
    await attack.run(start)


async def test_texts_laid_over_each_other_are_the_guests_own_trouble(start: Start) -> None:
    """Memory is the guest's: an allocator that gives the same place twice spoils its own arguments and no more."""
    overlapping = "(if (i32.gt_u (local.get $size) (i32.const 600)) (then (return (i32.const 8192))))"
    runner = await start(component(realloc=overlapping))
    answer = await runner.call("tool.call", "i" * 650, "!" * 666, "c" * 650, caller=Caller())
    assert answer == "c" * 650 + "!" * 16
    assert await say(runner) == "hello"


@pytest.mark.parametrize("size", [0, 1, 3])
async def test_honest_texts_arrive_whole(start: Start, size: int) -> None:
    runner = await start(component())
    for text in ("", "\0", "ä€😀\x7f", "x" * size * KIB):
        assert await say(runner, text) == text


# --- sizes


FILL = "(drop (memory.grow (i32.const {0}))) (return (call ${1} (i32.const 0) (i32.const {2})))"


@each(
    Attack("result", {"evil": FILL.format(20, "ok", MIB + 1)}, PluginLimitError, limit="result"),
    Attack("huge result", {"evil": FILL.format(1025, "ok", 64 * MIB)}, PluginLimitError, limit="result",
           limits={"memory": 128 * MIB}),
    Attack("huge error", {"evil": FILL.format(1025, "err", 64 * MIB)}, PluginLimitError, limit="result",
           limits={"memory": 128 * MIB}),
)  # fmt: skip
async def test_a_result_may_not_be_larger_than_its_limit(start: Start, attack: Attack) -> None:
    await attack.run(start)


async def test_a_result_may_be_as_large_as_its_limit(start: Start) -> None:
    runner = await start(component(FILL.format(20, "ok", MIB)))
    assert len(await say(runner, "!")) == MIB


@pytest.mark.parametrize("size", [MIB + 1, 40 * MIB])
async def test_an_argument_for_the_host_may_not_be_larger_than_its_limit(start: Start, size: int) -> None:
    asked: list[int] = []

    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        asked.append(len(texts[0]))
        return "null"

    big = ASK.format(f"(i32.const 0) (i32.const {size})")
    small = ASK.format(KEY)
    wasm = component(
        f"(drop (memory.grow (i32.const 700))) {big} {ANSWER}", honest=f"{small} {ANSWER}", imports=["kv.set"]
    )
    runner = await start(wasm, Limits(cpu=2.0), host)
    with pytest.raises(GuestError) as caught:
        await say(runner, "!")
    assert caught.value.kind == "limit"
    assert asked == []
    assert await say(runner) == "null"
    assert asked == [3]


async def test_more_than_the_engine_copies_at_once_ends_the_call(start: Start) -> None:
    big = ASK.format("(i32.const 0) (i32.const 60000000)")
    guest = {"evil": f"(drop (memory.grow (i32.const 1000))) {big} {ANSWER}", "imports": ["kv.set"]}
    await Attack("", guest, words="too much data", limits={"memory": 128 * MIB, "cpu": 2.0}).run(start)


@each(
    Attack("argument of 4 GiB", {"evil": ASK.format("(i32.const 0) (i32.const -1)"), "imports": ["kv.set"]}),
    Attack("argument from behind", {"evil": ASK.format("(i32.const -9) (i32.const 5)"), "imports": ["kv.set"]}),
    Attack("argument that is no text", {"evil": ASK.format("(i32.const 200) (i32.const 1)"), "imports": ["kv.set"],
                                        "code": r'(data (i32.const 200) "\ff")'}),
    Attack("answer to a misaligned place", {"evil": ASK.format(KEY).replace("32)", "33)"), "imports": ["kv.set"]}),
    Attack("answer past the memory", {"evil": ASK.format(KEY).replace("32)", "65532)"), "imports": ["kv.set"]}),
    Attack(
        "answer whose text has no place",
        {"evil": f"(call $kv.get (i32.const 64) (i32.const 7) (i32.const 32)) {ANSWER}",
         "imports": ["kv.get"],
         "realloc": "(if (i32.eq (local.get $size) (i32.const 7)) (then (return (i32.const -2))))"},
    ),
)  # fmt: skip
async def test_a_lie_to_a_host_function_ends_one_call(start: Start, attack: Attack) -> None:
    await attack.run(start)


async def test_an_answer_written_over_what_was_asked_harms_nobody_else(start: Start) -> None:
    over = f"(call $kv.get {KEY} (i32.const 64)) (return (i32.const 64))"
    runner = await start(component(over, honest=f"(call $kv.get {KEY} (i32.const 32)) {ANSWER}", imports=["kv.get"]))
    assert await say(runner, "!") == "key"
    assert await say(runner) == "key"


# --- other encodings: the component chooses in which its memory holds texts


@pytest.mark.parametrize(
    ("encoding", "at", "size"),
    [
        ("utf16", 65_000, 2**30),
        ("utf16", 201, 1),
        ("utf16", 0, -1),
        ("utf16", 200, 1),
        ("latin1+utf16", 65_000, 1_000),
        ("latin1+utf16", 200, -(2**31) + 1),
        ("latin1+utf16", 0, -1),
    ],
)
async def test_lies_in_other_encodings_end_one_call(start: Start, encoding: str, at: int, size: int) -> None:
    evil = f"(return (call $ok (i32.const {at}) (i32.const {size})))"
    wasm = component(evil, encoding=encoding, code=r'(data (i32.const 200) "\00\d8\00\00")')
    runner = await start(wasm)
    with pytest.raises(PluginError):
        await say(runner, "!")
    assert await say(runner, "hello ä€😀") == "hello ä€😀"


@pytest.mark.parametrize("encoding", ["utf16", "latin1+utf16"])
async def test_a_result_that_grows_when_it_is_read_is_held_to_its_limit(start: Start, encoding: str) -> None:
    """0x0800 in UTF-16 is two bytes in the guest and three in the host."""
    size, tag = 600_000, 2**31 if encoding != "utf16" else 0
    fill = f"""(drop (memory.grow (i32.const 40))) (memory.fill (i32.const 4096) (i32.const 8) (i32.const {2 * size}))
      (return (call $ok (i32.const 4096) (i32.const {size + tag})))"""
    runner = await start(component(fill, encoding=encoding), LIMITS)
    with pytest.raises(PluginLimitError) as caught:
        await say(runner, "!")
    assert caught.value.limit == "result"
    assert await say(runner) == "hello"
