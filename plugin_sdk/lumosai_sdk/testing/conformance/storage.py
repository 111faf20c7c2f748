"""What every store must do, wherever it keeps its data."""

# ruff: noqa: PLR2004, S101 - the class is a test
from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from lumosai_sdk.errors import InputError
from lumosai_sdk.kinds.storage import HealthReporter, Storage
from lumosai_sdk.types.messages import ImagePart, Message, TextPart, ToolCall
from lumosai_sdk.types.models import Usage
from lumosai_sdk.types.runs import Pending, RunStatus
from lumosai_sdk.types.storage import RunFilter, RunRecord, Thread

Reopen = Callable[[], Storage]
AWKWARD = "naïve 日本語 🦊 \u202e \x00\x1b[31m ' \" \\ %_ -- \n</script>"
LONG_AGO = float(int(time.time())) - 10_000
"""Before which times the checks set begin: late enough for a store that forgets what is older than some days."""
_MIB = 1024 * 1024


def run(run_id: str, status: RunStatus = "completed", at: float = 100.0, **fields: Any) -> RunRecord:
    """Return a run made and touched so many seconds after ``LONG_AGO``."""
    when = LONG_AGO + at
    return RunRecord(run_id, fields.pop("agent", "a"), status, created_at=when, updated_at=when, **fields)


def thread(thread_id: str, owner: str = "default/local", at: float = 100.0, **fields: Any) -> Thread:
    """Return a thread made and used so many seconds after ``LONG_AGO``."""
    return Thread(thread_id, owner, created_at=LONG_AGO + at, updated_at=LONG_AGO + at, **fields)


def full_run() -> RunRecord:
    """Return a run with something in every field."""
    call = ToolCall("c1", "files_delete", '{"path": "a.txt"}')
    return RunRecord(
        id="full",
        agent="assistant",
        status="suspended",
        owner="acme/ann",
        thread_id="t1",
        host="h1",
        created_at=LONG_AGO + 0.25,
        updated_at=LONG_AGO + 1.5,
        steps=3,
        usage=Usage(10, 20, 5, 0.0125),
        messages=(
            Message.system("be brief"),
            Message.user((TextPart(AWKWARD), ImagePart("data:image/png;base64,AAAA", "low"))),
            Message.assistant("", (call,)),
            Message.tool("c1", "done"),
            Message("user", "hi", name="ann"),
        ),
        pending=(Pending("c1", "files.delete", {"path": "a.txt", "deep": [{"x": None}]}, "question", "sure?"),),
        text="partial " + AWKWARD,
        error={"code": "x", "message": "y", "more": [1, 2.5, True, None]},
        metadata={"nested": {"list": [1, "two", {"three": 3}]}, "awkward": AWKWARD},
    )


@asynccontextmanager
async def _reopened(storage: Storage, reopen: Reopen | None) -> AsyncIterator[Storage]:
    if reopen is None:
        pytest.skip("this store is not durable")
    await storage.flush()
    again = reopen()
    try:
        yield again
    finally:
        await again.aclose()


class StorageConformance:
    """Subclass it and override ``storage``, and ``reopen`` if the store outlives its process; pages hold 50 by default.

    A check the implementation cannot pass may be marked xfail with a reason, not overridden.
    """

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def storage(self) -> Any:
        """An empty store. Override it with an async fixture that closes the store."""
        raise NotImplementedError

    @pytest.fixture
    def reopen(self) -> Reopen | None:
        """What opens the data of ``storage`` a second time, while it is open; None if that cannot be."""
        return None

    async def test_is_a_storage(self, storage: Storage) -> None:
        """It has every method of the kind."""
        assert isinstance(storage, Storage)

    async def test_tells_how_it_is(self, storage: Storage) -> None:
        """Where it has ``health`` it says that it is well, in a mapping with ``ok`` and ``detail``."""
        if not isinstance(storage, HealthReporter):
            pytest.skip("this store does not tell how it is")
        told = await storage.health()
        assert told["ok"] is True
        assert isinstance(told["detail"], str)

    # --- threads

    async def test_thread_round_trip(self, storage: Storage) -> None:
        """A thread comes back equal; an unknown one is None."""
        given = thread("t", "acme/ann", 0.25, title=AWKWARD, metadata={"deep": {"list": [1, None, AWKWARD]}})
        await storage.put_thread(given)
        assert await storage.get_thread("t") == given
        assert await storage.get_thread("other") is None

    async def test_thread_is_replaced_and_keeps_its_messages(self, storage: Storage) -> None:
        """``put_thread`` replaces every field and leaves the messages."""
        await storage.put_thread(thread("t", "o/1", 1.0, title="one", metadata={"a": 1}))
        await storage.append_messages("t", [Message.user("hi")])
        await storage.put_thread(thread("t", "o/2", 9.0, title="two"))
        assert await storage.get_thread("t") == thread("t", "o/2", 9.0, title="two")
        assert list(await storage.messages("t")) == [Message.user("hi")]

    async def test_threads_last_used_first_in_pages(self, storage: Storage) -> None:
        """Pages follow each other without gap or repetition, also where the times are equal."""
        for i in range(7):
            await storage.put_thread(thread(f"t{i}", at=float(i // 2)))
        seen: list[str] = []
        while page := await storage.list_threads(limit=3, before=seen[-1] if seen else None):
            assert len(page) <= 3
            seen += [t.id for t in page]
        assert sorted(seen) == [f"t{i}" for i in range(7)]
        assert [int(i[1:]) // 2 for i in seen] == [3, 2, 2, 1, 1, 0, 0]

    async def test_threads_of_an_owner(self, storage: Storage) -> None:
        """With an owner only that owner's threads are listed; no one else's, whatever its name looks like."""
        for i, owner in enumerate(["acme/ann", "acme/bob", "acme/ann%", "acme/anna"]):
            await storage.put_thread(thread(f"t{i}", owner, float(i)))
        assert [t.id for t in await storage.list_threads("acme/ann")] == ["t0"]
        assert await storage.list_threads("acme/%") == []
        assert len(await storage.list_threads()) == 4

    async def test_appending_uses_a_thread(self, storage: Storage) -> None:
        """A thread that gets messages becomes the one last used."""
        await storage.put_thread(thread("old", at=1.0))
        await storage.put_thread(thread("new", at=2.0))
        await storage.append_messages("old", [Message.user("hi")])
        assert [t.id for t in await storage.list_threads()] == ["old", "new"]

    async def test_odd_pages(self, storage: Storage) -> None:
        """A page of none is empty, a page after an unknown id too."""
        await storage.put_thread(thread("t"))
        await storage.put_run(run("r"))
        assert list(await storage.list_threads(limit=0)) == []
        assert list(await storage.list_threads(before="nobody")) == []
        assert list(await storage.list_runs(RunFilter(limit=0))) == []
        assert list(await storage.list_runs(RunFilter(before="nobody"))) == []
        assert list(await storage.messages("t", limit=0)) == []

    async def test_delete_thread(self, storage: Storage) -> None:
        """A thread goes with its messages, runs and events, and takes nothing of another's."""
        for t in ("t", "u"):
            await storage.put_thread(thread(t))
            await storage.append_messages(t, [Message.user(t)])
            await storage.put_run(run(f"run-{t}", thread_id=t))
            await storage.append_events(f"run-{t}", [{"type": "x", "seq": 1}])
        assert await storage.delete_thread("t") is True
        assert await storage.delete_thread("t") is False
        assert await storage.get_thread("t") is None
        assert list(await storage.messages("t")) == []
        assert await storage.get_run("run-t") is None
        assert list(await storage.events("run-t")) == []
        assert await storage.get_thread("u") is not None
        assert len(await storage.messages("u")) == len(await storage.events("run-u")) == 1
        assert await storage.get_run("run-u") is not None

    async def test_only_a_thread_that_is_there_gets_an_owners_messages(self, storage: Storage) -> None:
        """Messages with an owner reach that owner's thread; none that is gone, never was, or is another's."""
        for t, owner in (("mine", "acme/ann"), ("theirs", "acme/bob"), ("gone", "acme/ann")):
            await storage.put_thread(thread(t, owner))
        await storage.append_messages("mine", [Message.user("first")])
        await storage.delete_thread("gone")
        two = [Message.user("hi"), Message.assistant("ho")]
        for t in ("mine", "theirs", "gone", "never"):
            await storage.append_messages(t, two, "acme/ann")
        await storage.flush()
        assert list(await storage.messages("mine")) == [Message.user("first"), *two]
        for t in ("theirs", "gone", "never"):
            assert list(await storage.messages(t)) == []
        threads = list(await storage.list_threads())
        assert [(t.id, t.owner) for t in threads] == [("mine", "acme/ann"), ("theirs", "acme/bob")]
        assert threads[0].updated_at > LONG_AGO + 100

    # --- messages

    async def test_messages_in_order(self, storage: Storage) -> None:
        """Messages come back as they were, oldest first; a limit takes the last ones."""
        first = list(full_run().messages)
        second = [Message.user(f"m{i}") for i in range(20)]
        await storage.append_messages("t", first)
        await storage.append_messages("t", second)
        assert list(await storage.messages("t")) == first + second
        assert list(await storage.messages("t", limit=3)) == second[-3:]
        assert list(await storage.messages("t", limit=1000)) == first + second
        assert list(await storage.messages("nobody")) == []

    async def test_appending_makes_the_thread(self, storage: Storage) -> None:
        """Messages for an unknown thread make it."""
        await storage.append_messages("t", [Message.user("hi")])
        made = await storage.get_thread("t")
        assert made is not None
        assert made.updated_at > LONG_AGO

    async def test_messages_all_or_none(self, storage: Storage) -> None:
        """When one message cannot be stored none is, and the thread is as before."""
        await storage.append_messages("t", [Message.user("before")])
        bad = Message("user", object())  # type: ignore[arg-type]
        with pytest.raises(Exception):  # noqa: B017, PT011 - which error is the store's to say
            await storage.append_messages("t", [Message.user("lost"), bad])
        await storage.append_messages("t", [Message.user("after")])
        assert [m.text for m in await storage.messages("t")] == ["before", "after"]

    # --- runs

    async def test_run_round_trip(self, storage: Storage) -> None:
        """A run with something in every field comes back equal; an unknown one is None."""
        await storage.put_run(full_run())
        assert await storage.get_run("full") == full_run()
        assert await storage.get_run("other") is None

    async def test_run_is_replaced(self, storage: Storage) -> None:
        """``put_run`` replaces a run: one is listed, with its last state."""
        await storage.put_run(run("r", "running"))
        await storage.put_run(run("r", "completed", text="done"))
        assert [(r.status, r.text) for r in await storage.list_runs(RunFilter())] == [("completed", "done")]
        assert list(await storage.list_runs(RunFilter(status="running"))) == []

    async def test_runs_newest_first_in_pages(self, storage: Storage) -> None:
        """Pages follow each other without gap or repetition, also where the times are equal."""
        for i in (3, 0, 6, 1, 5, 2, 4):
            await storage.put_run(run(f"r{i}", at=float(i // 2)))
        seen: list[str] = []
        while page := await storage.list_runs(RunFilter(limit=3, before=seen[-1] if seen else None)):
            seen += [r.id for r in page]
        assert sorted(seen) == [f"r{i}" for i in range(7)]
        assert [int(i[1:]) // 2 for i in seen] == [3, 2, 2, 1, 1, 0, 0]

    async def test_runs_are_filtered(self, storage: Storage) -> None:
        """Every field of the filter narrows, alone and together."""
        await storage.put_run(run("r1", "running", 1.0, agent="a", owner="o/1", thread_id="t1"))
        await storage.put_run(run("r2", "completed", 2.0, agent="b", owner="o/1", thread_id="t1"))
        await storage.put_run(run("r3", "running", 3.0, agent="b", owner="o/2", thread_id="t2"))

        async def ids(**where: Any) -> list[str]:
            return [r.id for r in await storage.list_runs(RunFilter(**where))]

        assert await ids(agent="b") == ["r3", "r2"]
        assert await ids(status="running") == ["r3", "r1"]
        assert await ids(thread_id="t1") == ["r2", "r1"]
        assert await ids(owner="o/1") == ["r2", "r1"]
        assert await ids(owner="o/1", status="running") == ["r1"]
        assert await ids(status="running", before="r3") == ["r1"]
        assert await ids(agent="nobody") == []

    # --- events

    async def test_events_by_seq(self, storage: Storage) -> None:
        """Events come back in the order of ``seq``, those after a given one only, whatever order they came in."""
        first = [{"type": "x", "seq": s, "text": AWKWARD} for s in (4, 5)]
        second = [{"type": "x", "seq": s, "usage": {"a": [1, None]}} for s in (1, 2, 3)]
        await storage.append_events("r", first)
        await storage.append_events("r", second)
        assert list(await storage.events("r")) == second + first
        assert [e["seq"] for e in await storage.events("r", after=2)] == [3, 4, 5]
        assert list(await storage.events("r", after=5)) == []
        assert list(await storage.events("other")) == []

    async def test_no_events(self, storage: Storage) -> None:
        """Appending nothing is nothing."""
        await storage.append_events("r", [])
        assert list(await storage.events("r")) == []

    async def test_event_without_seq_is_refused(self, storage: Storage) -> None:
        """An event that has no place in the order is refused, and those with it."""
        with pytest.raises(InputError):
            await storage.append_events("r", [{"type": "x", "seq": 1}, {"type": "x"}])
        assert list(await storage.events("r")) == []

    # --- values

    @pytest.mark.parametrize("value", [0, "", False, [], {}, 1.5, AWKWARD, {"a": [1, {"b": None}]}, 2**60])
    async def test_value_round_trip(self, storage: Storage, value: Any) -> None:
        """A JSON value comes back equal and of the same type, and can be replaced and deleted."""
        await storage.kv_set("n", "k", "old")
        await storage.kv_set("n", "k", value)
        got = await storage.kv_get("n", "k")
        assert got == value
        assert type(got) is type(value)
        assert await storage.kv_delete("n", "k") is True
        assert await storage.kv_delete("n", "k") is False
        assert await storage.kv_get("n", "k") is None

    async def test_namespaces_are_apart(self, storage: Storage) -> None:
        """The same key in two namespaces is two values, whatever the names hold."""
        await storage.kv_set("a", "b/c", 1)
        await storage.kv_set("a/b", "c", 2)
        assert (await storage.kv_get("a", "b/c"), await storage.kv_get("a/b", "c")) == (1, 2)
        assert list(await storage.kv_keys("a")) == ["b/c"]

    async def test_keys_by_prefix(self, storage: Storage) -> None:
        """Keys are sorted, and a prefix is taken literally."""
        for key in ("b", "a_1", "a%2", "aé", "ab", "A"):
            await storage.kv_set("n", key, None)
        assert list(await storage.kv_keys("n")) == sorted(["b", "a_1", "a%2", "aé", "ab", "A"])
        assert list(await storage.kv_keys("n", "a")) == sorted(["a_1", "a%2", "aé", "ab"])
        assert list(await storage.kv_keys("n", "a%")) == ["a%2"]
        assert list(await storage.kv_keys("n", "a_")) == ["a_1"]
        assert list(await storage.kv_keys("other")) == []

    async def test_values_expire(self, storage: Storage) -> None:
        """After its ``ttl`` a value is gone from every answer; set again without one it stays."""
        await storage.kv_set("n", "brief", 1, ttl=0.01)
        await storage.kv_set("n", "renewed", 1, ttl=0.01)
        await storage.kv_set("n", "long", 1, ttl=3600)
        await storage.kv_set("n", "renewed", 2)
        await asyncio.sleep(0.05)
        assert await storage.kv_get("n", "brief") is None
        assert list(await storage.kv_keys("n")) == ["long", "renewed"]
        assert await storage.kv_delete("n", "brief") is False

    async def test_a_value_is_added_where_there_is_none(self, storage: Storage) -> None:
        """``kv_add`` keeps a value only where there is none; one that was deleted or has expired is none."""
        assert await storage.kv_add("n", "k", {"a": [AWKWARD]}) is True
        assert await storage.kv_add("n", "k", 2) is False
        assert await storage.kv_get("n", "k") == {"a": [AWKWARD]}
        assert await storage.kv_add("other", "k", 3) is True
        await storage.kv_delete("n", "k")
        assert await storage.kv_add("n", "k", 4, ttl=0.01) is True
        await storage.kv_set("n", "null", None)
        assert await storage.kv_add("n", "null", 1) is False
        await asyncio.sleep(0.05)
        assert await storage.kv_add("n", "k", 5, ttl=3600) is True
        assert await storage.kv_add("n", "k", 6) is False
        assert await storage.kv_get("n", "k") == 5
        with pytest.raises(InputError):
            await storage.kv_add("n", "bad", {"x": object()})
        assert await storage.kv_get("n", "bad") is None

    async def test_of_many_who_add_a_value_one_does(self, storage: Storage) -> None:
        """Of many who add a value of one key at once, one is told that it has, and its value is kept."""
        for i in range(10):
            added = await asyncio.gather(*(storage.kv_add("n", f"k{i}", j, ttl=60) for j in range(5)))
            assert sorted(added) == [False] * 4 + [True]
            assert await storage.kv_get("n", f"k{i}") == added.index(True)

    # --- the whole

    async def test_what_is_stored_is_a_copy(self, storage: Storage) -> None:
        """Changing what was given or what was returned changes nothing in the store."""
        value = {"list": [1]}
        events: list[dict[str, Any]] = [{"type": "x", "seq": 1, "data": {"list": [1]}}]
        await storage.kv_set("n", "k", value)
        await storage.put_run(run("r", metadata=value))
        await storage.put_thread(thread("t", metadata=value))
        await storage.append_events("r", events)
        value["list"].append(2)
        events[0]["data"]["list"].append(2)
        (await storage.kv_get("n", "k"))["list"].append(3)
        stored, talk = await storage.get_run("r"), await storage.get_thread("t")
        assert stored is not None
        assert talk is not None
        stored.metadata["list"].append(3)
        talk.metadata["list"].append(3)
        stored, talk = await storage.get_run("r"), await storage.get_thread("t")
        assert stored is not None
        assert talk is not None
        kept = [await storage.kv_get("n", "k"), stored.metadata, talk.metadata, (await storage.events("r"))[0]["data"]]
        assert kept == [{"list": [1]}] * 4

    async def test_what_is_not_json_is_refused(self, storage: Storage) -> None:
        """What cannot come back is refused with InputError; the store goes on."""
        for bad in ({"x": object()}, {"x": b"bytes"}, {"x": {1, 2}}):
            with pytest.raises(InputError):
                await storage.kv_set("n", "k", bad)
            with pytest.raises(InputError):
                await storage.put_run(run("r", metadata=bad))
            with pytest.raises(InputError):
                await storage.append_events("r", [{"type": "x", "seq": 1, **bad}])
        await storage.kv_set("n", "k", 1)
        await storage.flush()
        assert await storage.kv_get("n", "k") == 1
        assert await storage.get_run("r") is None

    async def test_awkward_text(self, storage: Storage) -> None:
        """Ids and text of any Unicode come back; half a character comes back, or is refused with InputError."""
        await storage.put_run(run(AWKWARD, thread_id=AWKWARD, agent=AWKWARD, owner=AWKWARD))
        await storage.kv_set(AWKWARD, AWKWARD, {AWKWARD: AWKWARD})
        assert [r.id for r in await storage.list_runs(RunFilter(agent=AWKWARD, owner=AWKWARD))] == [AWKWARD]
        assert await storage.kv_get(AWKWARD, AWKWARD) == {AWKWARD: AWKWARD}
        half = [Message.user("\ud83e")]
        try:
            await storage.append_messages("half", half)
        except InputError:
            half = []
        await storage.flush()
        assert list(await storage.messages("half")) == half

    async def test_big_values(self, storage: Storage) -> None:
        """A message of two mebibytes, a thousand events and a value of one mebibyte come back whole."""
        text = "é" * _MIB
        await storage.append_messages("t", [Message.user(text)])
        await storage.append_events("r", [{"type": "x", "seq": i + 1, "text": "y" * 500} for i in range(1000)])
        await storage.kv_set("n", "k", "z" * _MIB)
        assert (await storage.messages("t"))[0].text == text
        assert [e["seq"] for e in await storage.events("r")] == list(range(1, 1001))
        assert await storage.kv_get("n", "k") == "z" * _MIB

    async def test_a_run_is_replaced_if_it_is_as_it_was(self, storage: Storage) -> None:
        """``replace_run`` replaces a run of that status and time, and no other; it makes none."""
        old = run("r", "suspended", 1.0)
        await storage.put_run(old)
        new = run("r", "running", 2.0, owner="acme/ann", agent="b", thread_id="t", text="x")
        assert await storage.replace_run(run("r", "running", 1.0), new) is False
        assert await storage.replace_run(run("r", "suspended", 0.5), new) is False
        assert await storage.replace_run(run("none", "suspended", 1.0), run("none", "running")) is False
        assert await storage.get_run("r") == old
        assert await storage.get_run("none") is None
        assert await storage.replace_run(old, new) is True
        assert await storage.replace_run(old, new) is False
        assert await storage.get_run("r") == new
        assert [r.id for r in await storage.list_runs(RunFilter(status="running", thread_id="t"))] == ["r"]
        with pytest.raises(InputError):
            await storage.replace_run(new, run("other"))

    async def test_of_many_who_replace_a_run_one_does(self, storage: Storage) -> None:
        """Of many who saw the same run at once, one is told that it has replaced it."""
        for i in range(10):
            old = run(f"r{i}", "suspended")
            await storage.put_run(old)
            claims = (storage.replace_run(old, run(f"r{i}", "running", 200.0 + j)) for j in range(5))
            assert sorted(await asyncio.gather(*claims)) == [False] * 4 + [True]

    async def test_reads_see_writes(self, storage: Storage) -> None:
        """A read sees all that was written before it, with no flush between."""
        for i in range(50):
            await storage.put_run(run("r", "running", float(i)))
            await storage.append_events("r", [{"type": "x", "seq": i + 1}])
            got = await storage.get_run("r")
            assert got is not None
            assert got.created_at == LONG_AGO + i
            assert len(await storage.events("r", after=i)) == 1

    async def test_concurrent_writers(self, storage: Storage) -> None:
        """Many writers at once lose nothing, and each writer's messages keep their order."""

        async def write(who: int) -> None:
            for i in range(20):
                await storage.append_messages("t", [Message.user(f"{who}:{i}")])
                await storage.put_run(run(f"r{who}-{i}"))
                await storage.append_events(f"r{who}", [{"type": "x", "seq": i + 1}])
                await asyncio.sleep(0)

        await asyncio.gather(*(write(i) for i in range(20)))
        texts = [m.text for m in await storage.messages("t")]
        for who in range(20):
            assert [t for t in texts if t.startswith(f"{who}:")] == [f"{who}:{i}" for i in range(20)]
            assert len(await storage.events(f"r{who}")) == 20
        assert len(await storage.list_runs(RunFilter(limit=1000))) == 400

    async def test_purge(self, storage: Storage) -> None:
        """Only what is finished and old goes, with its events; a thread goes when no run of it is left."""
        for status in ("completed", "failed", "cancelled", "interrupted", "running", "suspended"):
            await storage.put_run(run(status, status, 10.0))
            await storage.append_events(status, [{"type": "x", "seq": 1}])
        await storage.put_run(run("young", at=1000.0))
        await storage.put_thread(thread("idle", at=10.0))
        await storage.put_thread(thread("busy", at=10.0))
        await storage.put_run(run("of-busy", "suspended", 10.0, thread_id="busy"))
        await storage.put_thread(thread("young", at=1000.0))
        await storage.kv_set("n", "kept", 1)
        assert await storage.purge(LONG_AGO + 100) == 5
        left = {r.id for r in await storage.list_runs(RunFilter())}
        assert left == {"running", "suspended", "of-busy", "young"}
        assert {t.id for t in await storage.list_threads()} == {"busy", "young"}
        assert list(await storage.events("completed")) == []
        assert len(await storage.events("running")) == 1
        assert await storage.kv_get("n", "kept") == 1

    async def test_purge_of_values(self, storage: Storage) -> None:
        """An expired value is purged, one that lives is not, however long ago it was set."""
        await storage.kv_set("n", "dead", 1, ttl=0.01)
        await storage.kv_set("n", "alive", 1, ttl=3600)
        await asyncio.sleep(0.05)
        assert await storage.purge(time.time() + 1) in {0, 1}  # the store may have been quicker
        assert list(await storage.kv_keys("n")) == ["alive"]

    async def test_purge_of_many(self, storage: Storage) -> None:
        """A purge deletes all there is to delete, not just a page of it, and the second finds nothing."""
        for i in range(450):
            await storage.put_run(run(f"r{i}", at=1.0))
        assert await storage.purge(LONG_AGO + 100) == 450
        assert await storage.purge(LONG_AGO + 100) == 0
        assert await storage.purge(math.inf) == 0

    async def test_flushed_is_durable(self, storage: Storage, reopen: Reopen | None) -> None:
        """After ``flush`` another store over the same data sees everything."""
        await storage.put_run(full_run())
        await storage.put_thread(thread("t1", title="x"))
        await storage.append_messages("t1", list(full_run().messages))
        await storage.append_events("full", [{"type": "x", "seq": 1}])
        await storage.kv_set("n", "k", AWKWARD)
        async with _reopened(storage, reopen) as again:
            assert await again.get_run("full") == full_run()
            assert list(await again.messages("t1")) == list(full_run().messages)
            assert list(await again.events("full")) == [{"type": "x", "seq": 1}]
            assert await again.kv_get("n", "k") == AWKWARD

    async def test_two_stores_over_the_same_data(self, storage: Storage, reopen: Reopen | None) -> None:
        """Two stores write the same data at once; each then sees what both wrote."""
        async with _reopened(storage, reopen) as other:

            async def write(store: Storage, who: str) -> None:
                for i in range(20):
                    await store.put_run(run(f"{who}-{i}"))
                    await store.append_messages("t", [Message.user(who)])
                await store.flush()

            await asyncio.gather(write(storage, "one"), write(other, "two"))
            for store in (storage, other):
                assert len(await store.list_runs(RunFilter(limit=100))) == 40
                assert len(await store.messages("t")) == 40

    async def test_of_two_stores_one_replaces_a_run(self, storage: Storage, reopen: Reopen | None) -> None:
        """Two stores over the same data replace one run at once: one does, and the other sees it at once."""
        async with _reopened(storage, reopen) as other:
            for i in range(20):
                old = run(f"r{i}", "suspended")
                await storage.put_run(old)
                await storage.flush()
                mine, theirs = run(f"r{i}", "running", 201.0), run(f"r{i}", "running", 202.0)
                done = await asyncio.gather(storage.replace_run(old, mine), other.replace_run(old, theirs))
                assert sorted(done) == [False, True]
                kept = mine if done[0] else theirs
                assert await storage.get_run(f"r{i}") == await other.get_run(f"r{i}") == kept

    async def test_of_two_stores_one_adds_a_value(self, storage: Storage, reopen: Reopen | None) -> None:
        """Two stores over the same data add a value of one key at once: one does, and the other sees it at once."""
        async with _reopened(storage, reopen) as other:
            for i in range(20):
                key = f"k{i}"
                added = await asyncio.gather(storage.kv_add("n", key, 0, ttl=60), other.kv_add("n", key, 1, ttl=60))
                assert sorted(added) == [False, True]
                assert await storage.kv_get("n", key) == await other.kv_get("n", key) == added.index(True)

    async def test_closing_flushes(self, storage: Storage, reopen: Reopen | None) -> None:
        """``aclose`` keeps what was taken; closing twice is allowed; a closed store refuses with an error."""
        async with _reopened(storage, reopen) as again:
            await storage.put_run(run("r"))
            await storage.aclose()
            await storage.aclose()
            assert await again.get_run("r") == run("r")
        with pytest.raises(Exception, match="closed"):
            await storage.put_run(run("r"))
