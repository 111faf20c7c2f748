# ruff: noqa: PLR2004
from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.marketplace.trust.making import Instance, Tree, narrowed

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.trust.checkpoints import Checkpoints
from lumosai_sdk.errors import StorageError

INDEX = "https://market.example/"


class Shown:
    """What a log shows, and what it is asked."""

    def __init__(self, instance: Instance, tree: Tree) -> None:
        self.instance, self.tree = instance, tree
        self.asked: list[tuple[int, int]] = []

    def at(self, size: int) -> str:
        return self.tree.checkpoint(self.instance.authority.log_signer, size)

    async def proof(self, old: int, new: int) -> Sequence[bytes]:
        self.asked.append((old, new))
        return self.tree.consistency(old, new)


def leaves(count: int, other_from: int | None = None) -> Tree:
    tree = Tree()
    for n in range(count):
        tree.append(b"%s %d" % (b"evil" if other_from is not None and n >= other_from else b"leaf", n))
    return tree


@pytest.fixture
def shown(instance: Instance) -> Shown:
    return Shown(instance, leaves(40))


@pytest.fixture
def kept(tmp_path: Path, instance: Instance) -> Checkpoints:
    return Checkpoints(tmp_path / "checkpoints", instance.roots, INDEX)


NOW = time.time()


async def refusal(kept: Checkpoints, text: str, shown: Shown, *, newest: bool = False) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        await kept.witness(text, shown.proof, time.time(), newest=newest)
    return caught.value


async def test_a_log_that_grows_is_followed(kept: Checkpoints, shown: Shown, instance: Instance) -> None:
    assert kept.last() is None
    for size in (5, 5, 17, 40):
        found = await kept.witness(shown.at(size), shown.proof, time.time(), newest=True)
        assert found.size == size
    assert shown.asked == [(5, 17), (17, 40)]
    last = Checkpoints(kept.folder, instance.roots, INDEX).last()
    assert last is not None
    assert (last.size, last.root) == (40, shown.tree.root(40))


async def test_what_an_entry_brings_along_may_be_older_but_is_of_the_same_tree(kept: Checkpoints, shown: Shown) -> None:
    await kept.witness(shown.at(30), shown.proof, time.time())
    await kept.witness(shown.at(7), shown.proof, time.time())
    assert shown.asked == [(7, 30)]
    last = kept.last()
    assert last is not None
    assert last.size == 30


async def test_a_log_that_gets_shorter_is_a_rollback(kept: Checkpoints, shown: Shown) -> None:
    await kept.witness(shown.at(30), shown.proof, time.time())
    assert (await refusal(kept, shown.at(29), shown, newest=True)).rule == "log.rollback"


@pytest.mark.parametrize("size", [30, 31, 40])
async def test_a_fork_is_refused_and_what_proves_it_is_kept(
    kept: Checkpoints, shown: Shown, instance: Instance, size: int
) -> None:
    await kept.witness(shown.at(30), shown.proof, time.time())
    fork = Shown(instance, leaves(40, other_from=12))
    assert (await refusal(kept, fork.at(size), fork)).rule == "log.fork"
    (evidence,) = kept.folder.glob("index-*.fork")
    text = evidence.read_text(encoding="utf-8")
    assert shown.at(30).split("\n")[2] in text
    assert fork.at(size).split("\n")[2] in text
    last = kept.last()
    assert last is not None
    assert last.root == shown.tree.root(30)


async def test_a_fork_below_what_is_remembered_is_seen_too(kept: Checkpoints, shown: Shown, instance: Instance) -> None:
    await kept.witness(shown.at(30), shown.proof, time.time())
    fork = Shown(instance, leaves(40, other_from=3))
    assert (await refusal(kept, fork.at(9), fork)).rule == "log.fork"


async def test_a_proof_that_is_none_is_a_fork(kept: Checkpoints, shown: Shown) -> None:
    await kept.witness(shown.at(5), shown.proof, time.time())
    for proof in ([], [b"short"], [b"x" * 32] * 1000, [b"x" * 32] * 5):

        async def wrong(_old: int, _new: int, proof: Sequence[bytes] = proof) -> Sequence[bytes]:
            return proof

        with pytest.raises(RefusedError) as caught:
            await kept.witness(shown.at(17), wrong, time.time())
        assert caught.value.rule == "log.fork"


async def test_only_what_a_trusted_log_has_signed_counts(
    kept: Checkpoints, shown: Shown, other: Instance, instance: Instance
) -> None:
    assert (await refusal(kept, shown.tree.checkpoint(other.authority.log_signer, 5), shown)).rule == "log.key"
    forged = shown.at(5).replace("\n5\n", "\n6\n")
    assert (await refusal(kept, forged, shown)).rule == "log.signature"
    foreign = shown.tree.checkpoint(instance.authority.log_signer, 5, "evil.example")
    assert (await refusal(kept, foreign, shown)).rule in {"log.key", "log.origin"}
    for text in ("", "\n", "market.example\n5\n", shown.at(5)[:-10]):
        assert (await refusal(kept, text, shown)).rule == "log.checkpoint"
    assert kept.last() is None


async def test_a_key_out_of_its_time_signs_nothing(tmp_path: Path, shown: Shown, instance: Instance) -> None:
    from tests.marketplace.trust.making import ago

    retired = narrowed(instance.authority.trusted_root(), "tlogs", ago(hours=1), ago(days=3))
    kept = Checkpoints(tmp_path, retired, INDEX)
    assert (await refusal(kept, shown.at(5), shown)).rule == "log.key"
    assert (await kept.witness(shown.at(5), shown.proof, time.time() - 7200)).size == 5


async def test_two_who_see_the_log_at_once_remember_the_larger(kept: Checkpoints, shown: Shown) -> None:
    await kept.witness(shown.at(5), shown.proof, time.time())

    async def slow(old: int, new: int) -> Sequence[bytes]:
        await asyncio.sleep(0.05 if new == 17 else 0)
        return shown.tree.consistency(old, new)

    await asyncio.gather(kept.witness(shown.at(17), slow, time.time()), kept.witness(shown.at(40), slow, time.time()))
    last = kept.last()
    assert last is not None
    assert last.size == 40


async def test_a_file_that_cannot_be_read_is_told(kept: Checkpoints, shown: Shown) -> None:
    await kept.witness(shown.at(5), shown.proof, time.time())
    (path,) = kept.folder.glob("index-*.checkpoint")
    path.write_bytes(b"\xff\xff")
    with pytest.raises(StorageError, match="remove it"):
        kept.last()
