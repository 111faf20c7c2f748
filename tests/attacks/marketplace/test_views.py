"""Attacks by who runs an index: to show the log in two ways, so that an author does not see what others are given."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.marketplace.trust.making import URL, Instance, Tree

from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.client.source import Trust
from lumosai_marketplace.client.witness import witness
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.trust import publicgood
from lumosai_marketplace.trust.roots import Roots
from lumosai_sdk.errors import NotFoundError

ELSEWHERE = "log.elsewhere.example"
INDEX = "https://plugins.example/"


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    return Instance(Authority.create(tmp_path_factory.mktemp("views") / "authority", url=URL))


class Operator:
    """Runs an index whose trusted root puts the log at *host*; shows *tree* to whoever asks."""

    def __init__(self, instance: Instance, host: str = ELSEWHERE, url: str = INDEX) -> None:
        self.url, self.host, self.signer = url, host, instance.authority.log_signer
        self.root = instance.authority.trusted_root()
        for log in self.root["tlogs"]:
            log["baseUrl"] = f"https://{host}/log"
        self.tree: Tree | None = Tree(host)
        self.grow(7)

    def grow(self, count: int, what: str = "leaf") -> None:
        assert self.tree is not None
        for n in range(count):
            self.tree.append(f"{what} {n}".encode())

    def fork(self, count: int) -> None:
        """Begin the log anew, with other entries."""
        self.tree = Tree(self.host)
        self.grow(count, "evil")

    def entry(self, tree: Tree | None = None, origin: str | None = None) -> Any:
        """Return what a verified signature brings along of the log."""
        told = (tree or self.tree or Tree(self.host)).checkpoint(self.signer, origin=origin)
        return SimpleNamespace(checkpoint=told, signed=time.time(), log_id=self.signer.key_id.hex())

    @property
    def trust(self) -> Trust:
        verifier: Any = SimpleNamespace(roots=Roots.from_json(json.dumps(self.root)))
        return Trust(self.url, verifier)

    async def checkpoint(self) -> str:
        if self.tree is None:
            raise NotFoundError("log", "checkpoint")
        return self.tree.checkpoint(self.signer)

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        assert self.tree is not None
        return self.tree.consistency(old, new) if new <= len(self.tree.leaves) else []


async def seen(operator: Operator, folder: Path, entry: Any = None, *, lock: str = "", logs: Sequence[str] = ()) -> str:
    source: Any = operator
    return await witness(source, operator.trust, folder, lock, entry or operator.entry(), time.time(), logs)


async def refusal(operator: Operator, folder: Path, entry: Any = None, **more: Any) -> str:
    with pytest.raises(RefusedError) as e:
        await seen(operator, folder, entry, **more)
    return e.value.rule


@pytest.mark.parametrize("host", [ELSEWHERE, "plugins.example"])
async def test_a_log_is_followed_wherever_its_address_says_it_is(instance: Instance, tmp_path: Path, host: str) -> None:
    """The operator names another host as the log's, and clients that compared hosts looked away."""
    operator = Operator(instance, host)
    await seen(operator, tmp_path)
    operator.grow(5)
    assert "\n12\n" in await seen(operator, tmp_path)
    for count in (12, 30):
        operator.fork(count)
        assert await refusal(operator, tmp_path) == "log.fork"
    operator.fork(3)
    assert await refusal(operator, tmp_path) == "log.rollback"


async def test_a_log_is_not_forgotten_for_another_name(instance: Instance, tmp_path: Path) -> None:
    operator = Operator(instance)
    lock = await seen(operator, tmp_path)
    for name in (f"{ELSEWHERE} - 2", "log2.elsewhere.example"):
        renamed = Operator(instance, name.partition(" ")[0])
        renamed.tree = Tree(name)
        renamed.grow(9, "evil")
        assert await refusal(renamed, tmp_path) == "log.origin"
        assert await refusal(renamed, tmp_path / "fresh", lock=lock) == "log.origin"
        (tmp_path / "fresh").rename(tmp_path / f"fresh {name}")


async def test_a_log_is_not_forgotten_for_another_key(instance: Instance, tmp_path: Path) -> None:
    """The operator gives the log a new key, as is their right, and begins anew with it."""
    operator = Operator(instance)
    await seen(operator, tmp_path)
    other = Instance(Authority.create(tmp_path / "other", url=URL))
    rotated = Operator(other)
    rotated.root["tlogs"] += operator.root["tlogs"]
    assert operator.tree is not None
    rotated.tree = operator.tree
    rotated.grow(3)
    await seen(rotated, tmp_path)  # the honest twin: another key, the same log
    rotated.fork(20)
    assert await refusal(rotated, tmp_path) == "log.fork"


async def test_an_entry_is_of_the_log_that_everybody_is_shown(instance: Instance, tmp_path: Path) -> None:
    operator = Operator(instance)
    hidden = Tree(f"{ELSEWHERE} - 7")
    hidden.append(b"for you alone")
    assert await refusal(operator, tmp_path, operator.entry(hidden)) == "log.external"
    same_name = Tree(ELSEWHERE)
    same_name.append(b"for you alone")
    assert await refusal(operator, tmp_path, operator.entry(same_name)) == "log.fork"


async def test_who_has_no_log_to_show_is_refused_unless_the_owner_names_it(instance: Instance, tmp_path: Path) -> None:
    operator = Operator(instance)
    entry, key = operator.entry(), operator.signer.key_id.hex()
    operator.tree = None
    assert await refusal(operator, tmp_path, entry) == "log.external"
    assert await refusal(operator, tmp_path, entry, logs=["ab" * 32]) == "log.external"
    assert await seen(operator, tmp_path, entry, logs=[key]) == ""
    # As far as it can be compared, it is: two trees of one size are two logs.
    other = Tree(ELSEWHERE)
    for n in range(7):
        other.append(b"evil %d" % n)
    assert await refusal(operator, tmp_path, operator.entry(other), logs=[key]) == "log.fork"
    assert "\n7\n" in evidence(tmp_path)[0]


async def test_the_public_log_is_known_by_its_key_and_not_by_its_id(instance: Instance, tmp_path: Path) -> None:
    """The trusted root is the operator's: it may call any key by the public log's id, and its host too."""
    operator = Operator(instance, "rekor.sigstore.dev")
    public = next(iter(publicgood.LOGS))
    for log in operator.root["tlogs"]:
        log["logId"]["keyId"] = _b64(bytes.fromhex(public))
    entry = operator.entry()
    entry.log_id = public
    operator.tree = None
    assert await refusal(operator, tmp_path, entry) == "log.external"
    assert sha256(_public_key()).hexdigest() == public


async def test_an_index_cannot_spoil_what_is_remembered_of_anothers_log(instance: Instance, tmp_path: Path) -> None:
    honest = Operator(instance)
    hostile = Operator(Instance(Authority.create(tmp_path / "a", url=URL)), url="https://hostile.example/")
    hostile.fork(50)
    await seen(hostile, tmp_path)  # it calls its log as the honest one is called
    await seen(honest, tmp_path)
    honest.grow(2)
    await seen(honest, tmp_path)


async def test_one_log_of_two_indexes_is_one_log(instance: Instance, tmp_path: Path) -> None:
    await seen(Operator(instance), tmp_path)
    mirror = Operator(instance, url="https://mirror.example/")
    await seen(mirror, tmp_path)
    third = Operator(instance, url="https://third.example/")
    third.fork(9)
    assert await refusal(third, tmp_path) == "log.fork"


def evidence(folder: Path) -> list[str]:
    return [p.read_text(encoding="utf-8") for p in folder.glob("*.fork")]


def _b64(data: bytes) -> str:
    from base64 import b64encode

    return b64encode(data).decode()


def _public_key() -> bytes:
    from base64 import b64decode
    from importlib.resources import files

    root = files("sigstore") / "_store" / "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev" / "trusted_root.json"
    return b64decode(json.loads(root.read_text())["tlogs"][0]["publicKey"]["rawBytes"])
