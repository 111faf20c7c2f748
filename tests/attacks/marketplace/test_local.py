"""Attacks on what is one's own: nobody else's wheel passes as it, and nobody else's keys stand in for the owner's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.marketplace.client.mine import Mine

from lumosai_marketplace.client.airgap import unpack
from lumosai_marketplace.client.index import Index
from lumosai_marketplace.client.judge import Fetched, judge
from lumosai_marketplace.client.keeper import Keeper, note_revoked
from lumosai_marketplace.client.own import trust
from lumosai_marketplace.client.update import installed
from lumosai_marketplace.client.verify import verify_installed
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.own.install import sign_wheel, statements
from lumosai_marketplace.own.instance import Own
from lumosai_marketplace.trust import pep740
from lumosai_marketplace.trust.policy import Policy, Request, Rule
from lumosai_marketplace.wheels import read_wheel
from lumosai_sdk.errors import LumosError

WORDS = Name("acme", "words")
OURS = {"name": "mine", "plugins": ["acme/*"], "instance": "local"}


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two people of one machine, each with an instance."""
    folder = tmp_path_factory.mktemp("users")
    for name in ("owner", "stranger"):
        Own.at(folder / name)
    return folder / "owner", folder / "stranger"


@pytest.fixture
def mine(tmp_path: Path, users: tuple[Path, Path]) -> Mine:
    found = Mine(tmp_path, tmp_path / "signing")
    shutil.copytree(users[0], found.own)
    Policy.load(found.market.policy).add(Rule.model_validate(OURS))
    return found


async def refused(mine: Mine, path: Path) -> str:
    """See an installation refused without a question, a file, a rule or an entry; return by which rule."""
    before = mine.state()
    with pytest.raises(RefusedError) as e:
        await mine.install(path)
    assert mine.state() == before
    assert mine.asked == []
    return e.value.rule


def judged(mine: Mine, path: Path, provenance: bytes) -> str:
    """Return by which rule a wheel with signatures of a stranger is refused as the owner's own."""
    data = path.read_bytes()
    wheel = read_wheel(path.name, data)
    fetched = Fetched(wheel.name, wheel.version, path.name, wheel.sha256, data, provenance, "local")
    with pytest.raises(RefusedError) as e:
        judge(fetched, trust(mine.market), mine.market.read_policy(), None, 2e9)
    return e.value.rule


def by_stranger(users: tuple[Path, Path], path: Path) -> bytes:
    wheel, own = sign_wheel(users[1], path)
    kept = own.kept(wheel.sha256, statements(wheel))
    assert kept is not None
    return kept


async def test_a_strangers_signature_beside_the_wheel_is_not_the_owners(mine: Mine, users: tuple[Path, Path]) -> None:
    path = mine.wheel()
    provenance = by_stranger(users, path)
    for each, suffix in zip(
        pep740.attestations(pep740.parse(provenance)), (".publish.attestation", ".plugin.attestation"), strict=True
    ):
        path.with_name(path.name + suffix).write_text(json.dumps(each))
    await mine.install(path)
    assert mine.asked[0].signs == path.name  # it is still the owner's to sign, and the owner was told


async def test_anothers_instance_signs_nothing_here(mine: Mine, users: tuple[Path, Path]) -> None:
    path = mine.wheel()
    assert judged(mine, path, by_stranger(users, path)).startswith("signature.")


async def test_anothers_signature_that_was_put_among_the_owners_is_not_used(
    mine: Mine, users: tuple[Path, Path]
) -> None:
    path = mine.wheel()
    provenance = by_stranger(users, path)
    (mine.own / "signed").mkdir(mode=0o700, exist_ok=True)
    sha256 = read_wheel(path.name, path.read_bytes()).sha256
    (mine.own / "signed" / f"{sha256}.json").write_bytes(provenance)
    (mine.own / "signed" / f"{sha256}.json").chmod(0o600)
    done = await mine.install(path)
    assert mine.asked[0].signs == path.name
    assert done.plugin.signer == Own.at(mine.own).signer


async def test_the_owners_signature_of_another_file_is_none_of_this_one(mine: Mine) -> None:
    good, bad = mine.wheel(), mine.wheel(version="1.1.0")
    wheel, own = sign_wheel(mine.own, good)
    provenance = own.kept(wheel.sha256, statements(wheel))
    assert provenance is not None
    assert judged(mine, bad, provenance) == "signature.subject"


async def test_a_lock_that_claims_a_strangers_wheel_is_the_owners_is_found_out(
    mine: Mine, users: tuple[Path, Path]
) -> None:
    theirs = replace(mine, own=users[1])
    await theirs.install(mine.wheel())  # the stranger's lock and store, carried here
    with pytest.raises(RefusedError) as e:
        verify_installed(mine.market, Keeper(mine.market), installed(mine.market, WORDS), 2e9)
    assert e.value.rule.startswith("signature.")
    with pytest.raises(RefusedError) as e:
        await mine.install(mine.wheel(version="1.1.0"))
    assert e.value.rule == "trust.signer-changed"


def linked(own: Path) -> None:
    own.rename(own.with_name("elsewhere"))
    own.symlink_to("elsewhere", target_is_directory=True)


def linked_root(own: Path) -> None:
    (own / "trusted_root.json").rename(own / "real.json")
    (own / "trusted_root.json").symlink_to("real.json")


def linked_keys(own: Path) -> None:
    (own / "instance").rename(own.with_name("keys"))
    (own / "instance").symlink_to("../keys", target_is_directory=True)


def opened(own: Path) -> None:
    own.chmod(0o755)


def opened_root(own: Path) -> None:
    (own / "trusted_root.json").chmod(0o666)


def without_keys(own: Path) -> None:
    shutil.rmtree(own / "instance")


@pytest.mark.parametrize("how", [linked, linked_root, opened, opened_root, without_keys])
async def test_an_instance_that_others_could_have_laid_is_not_used(mine: Mine, how: Callable[[Path], None]) -> None:
    how(mine.own)
    assert await refused(mine, mine.wheel()) == "trust.own"


async def test_keys_behind_a_link_are_not_used(mine: Mine) -> None:
    linked_keys(mine.own)
    before = mine.state()
    with pytest.raises(LumosError, match="symbolic link"):
        await mine.install(mine.wheel())
    assert mine.state() == before


@pytest.mark.parametrize("how", [linked, opened, opened_root])
async def test_nor_is_anything_verified_by_it(mine: Mine, how: Callable[[Path], None]) -> None:
    done = await mine.install(mine.wheel())
    how(mine.own)
    with pytest.raises(RefusedError) as e:
        verify_installed(mine.market, Keeper(mine.market), done.plugin, 2e9)
    assert e.value.rule == "trust.own"


async def test_a_log_that_was_cut_signs_no_more(mine: Mine) -> None:
    await mine.install(mine.wheel())
    (mine.own / "entries.jsonl").write_bytes(b"")
    path = mine.wheel(version="1.1.0")
    with pytest.raises(RefusedError) as e:
        await mine.install(path)
    assert e.value.rule == "log.corrupt"
    assert mine.market.read_lock().plugins[WORDS].version == "1.0.0"


async def test_the_guard_reads_ones_own_wheels_too(mine: Mine) -> None:
    path = mine.wheel()
    path.write_bytes(path.read_bytes() + b"trailing")
    assert (await refused(mine, path)).startswith("guard.")
    assert not (mine.own / "signed").exists()


async def test_what_an_index_has_revoked_is_not_laundered_by_signing_it_oneself(mine: Mine) -> None:
    path = mine.wheel()
    sha256 = read_wheel(path.name, path.read_bytes()).sha256
    note_revoked(mine.market, "https://plugins.example.org/", {sha256: "it sends your keys home"})
    assert await refused(mine, path) == "tuf.revoked"


async def test_no_wheel_takes_the_place_of_what_is_from_an_index(mine: Mine) -> None:
    bound = replace(mine.market, indexes={"acme": "https://plugins.example.org/"})
    with pytest.raises(RefusedError) as e:
        bound.index_of(WORDS, None, "local")
    assert e.value.rule == "index.other"
    done = await mine.install(mine.wheel())
    with pytest.raises(RefusedError) as e:
        mine.market.index_of(WORDS, done.plugin, "https://plugins.example.org/")
    assert e.value.rule == "index.other"


async def test_no_index_and_no_bundle_is_called_local(mine: Mine, tmp_path: Path) -> None:
    with pytest.raises(LumosError):
        Index("local")
    with pytest.raises(LumosError):
        Keeper(mine.market).client("local")
    file = tmp_path / "bundle.tar"
    file.write_bytes(bundle_of_local())
    (carried,) = unpack(file)
    with pytest.raises(LumosError):
        carried.trust(Keeper(mine.market))


def bundle_of_local() -> bytes:
    from lumosai_marketplace.client.airgap import TABLE, _tar

    index = {"url": "local", "folder": "0", "checkpoint": "", "proofs": []}
    return _tar({TABLE: json.dumps({"format": 1, "indexes": [index], "plugins": []}).encode()})


def test_an_index_that_certifies_the_owners_own_name_is_not_the_owner(mine: Mine) -> None:
    me = Own.at(mine.own).signer
    request = Request(WORDS, "1.0.0", me, "https://evil.example/", "https://evil.example/", 0.0, 1.0)
    with pytest.raises(RefusedError) as e:
        mine.market.read_policy().decide(request)
    assert e.value.rule == "trust.instance"
