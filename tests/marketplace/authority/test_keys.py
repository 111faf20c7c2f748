"""Keys at rest: closed to others, encrypted if wished, or elsewhere altogether."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.authority.keys import Curve, FolderKeys, open_store, sign
from lumosai_marketplace.authority.remote import RemoteKey
from lumosai_sdk.errors import ConfigError, ConflictError

posix = pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")


@posix
def test_every_private_file_is_its_owners_alone(authority: Authority) -> None:
    private = [authority.folder, authority.folder / "keys"]
    assert [stat.S_IMODE(p.stat().st_mode) for p in private] == [0o700, 0o700]
    inside = [p for p in authority.folder.rglob("*") if p.is_file()]
    assert {stat.S_IMODE(p.stat().st_mode) for p in inside} == {0o600}
    assert len(inside) == 9  # six keys, what encrypts them, the state, the lock


@posix
def test_files_are_closed_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Authority.create(tmp_path / "a", url="http://localhost:1")
    finally:
        os.umask(before)
    assert not any(p.stat().st_mode & 0o077 for p in (tmp_path / "a").rglob("*"))


@posix
@pytest.mark.parametrize("name", [".", "authority.json", "keys", "keys/keys.json", "keys/{ca}.pem"])
def test_what_others_can_read_is_not_opened_and_the_command_that_mends_it_is_told(
    authority: Authority, name: str
) -> None:
    path = authority.folder / name.format(ca=authority.generations("ca")[-1].key)
    path.chmod(path.stat().st_mode | 0o040)
    with pytest.raises(ConfigError, match="open to others") as told:
        Authority.open(authority.folder)
    assert str(told.value.hint).startswith("chmod ")
    path.chmod(path.stat().st_mode & ~0o040)
    assert Authority.open(authority.folder).trusted_root() == authority.trusted_root()


@posix
def test_a_link_is_no_key(authority: Authority, tmp_path: Path) -> None:
    path = authority.folder / "keys" / f"{authority.generations('ca')[-1].key}.pem"
    elsewhere = path.rename(tmp_path / "moved.pem")
    path.symlink_to(elsewhere)
    with pytest.raises(ConfigError, match="symbolic link"):
        Authority.open(authority.folder)


def test_a_passphrase_encrypts_and_is_asked_for(tmp_path: Path) -> None:
    made = Authority.create(tmp_path / "a", url="http://localhost:1", passphrase="quite long enough")
    pems = [p.read_bytes() for p in (tmp_path / "a" / "keys").glob("*.pem")]
    assert all(pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") for pem in pems)
    with pytest.raises(ValueError, match=r"(?i)password|decrypt"):
        load_pem_private_key(pems[0], b"quite long enough")  # stretched before: guessing has to pay for scrypt
    with pytest.raises(ConfigError, match="no passphrase was given"):
        Authority.open(tmp_path / "a")
    with pytest.raises(ConfigError, match="passphrase is not the one"):
        Authority.open(tmp_path / "a", "quite long enougH")
    assert Authority.open(tmp_path / "a", "quite long enough").trusted_root() == made.trusted_root()


def test_a_key_of_somebody_elses_is_noticed(authority: Authority, other: Authority) -> None:
    mine = authority.folder / "keys" / f"{authority.generations('ca')[-1].key}.pem"
    mine.write_bytes((other.folder / "keys" / f"{other.generations('ca')[-1].key}.pem").read_bytes())
    with pytest.raises(ConfigError, match="not the one that the instance's state names"):
        Authority.open(authority.folder)


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"schema": 2}', b'{"schema": 1}', b"[" * 100_000, b'{"schema":1,"kdf":{}}']
)
def test_a_damaged_head_is_told(tmp_path: Path, content: bytes) -> None:
    FolderKeys.create(tmp_path / "k")
    (tmp_path / "k" / "keys.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"keys\.json"):
        FolderKeys.open(tmp_path / "k", "x")


def test_parameters_that_would_take_the_memory_are_refused(tmp_path: Path) -> None:
    FolderKeys.create(tmp_path / "k", "x")
    head = tmp_path / "k" / "keys.json"
    head.write_text(head.read_text().replace("32768", str(1 << 40)))
    with pytest.raises(ConfigError, match="scrypt"):
        FolderKeys.open(tmp_path / "k", "x")


def test_names_lead_nowhere_else(tmp_path: Path) -> None:
    store = FolderKeys.create(tmp_path / "k")
    for name in ("../x", "x/y", "", ".x", "X"):
        with pytest.raises(ConfigError, match="no name of a key"):
            store.generate(name)


def test_a_key_is_made_once_and_forgotten(tmp_path: Path) -> None:
    store = FolderKeys.create(tmp_path / "k")
    made = store.generate("one", "P-384")
    assert store.load("one").private_numbers() == made.private_numbers()
    with pytest.raises(ConflictError):
        store.generate("one")
    store.delete("one")
    store.delete("one")
    assert store.names() == []
    with pytest.raises(ConfigError, match="there is no key"):
        store.load("one")


def test_a_folder_with_keys_is_not_made_again(tmp_path: Path) -> None:
    FolderKeys.create(tmp_path / "k")
    with pytest.raises(ConflictError):
        FolderKeys.create(tmp_path / "k")


class Hsm:
    """A key store whose keys are elsewhere: it hands out keys that sign, and nothing else."""

    keys: ClassVar[dict[str, ec.EllipticCurvePrivateKey]] = {}

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def generate(self, name: str, curve: Curve = "P-256") -> ec.EllipticCurvePrivateKey:
        self.keys[name] = ec.generate_private_key(ec.SECP384R1() if curve == "P-384" else ec.SECP256R1())
        return self.load(name)

    def load(self, name: str) -> ec.EllipticCurvePrivateKey:
        key = self.keys[name]
        hashed = hashes.SHA384() if isinstance(key.curve, ec.SECP384R1) else hashes.SHA256()
        return RemoteKey(key.public_key(), lambda digest: key.sign(digest, ec.ECDSA(Prehashed(hashed))))

    def delete(self, name: str) -> None:
        self.keys.pop(name, None)

    def names(self) -> list[str]:
        return sorted(self.keys)


@pytest.fixture
def hsm(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(sys.modules, "operators_hsm", sys.modules[__name__])
    monkeypatch.setattr(Hsm, "keys", {})
    return "operators_hsm:Hsm"


def test_an_instance_works_with_keys_that_are_elsewhere(
    tmp_path: Path, hsm: str, request: pytest.FixtureRequest
) -> None:
    Authority.create(tmp_path / "a", url="http://localhost:8643", keys=hsm)
    authority = Authority.open(tmp_path / "a")
    assert not list((tmp_path / "a").rglob("*.pem"))
    publisher_type = request.getfixturevalue("publisher").__class__
    claims = request.getfixturevalue("person")
    publisher = publisher_type(authority, claims)
    verify = request.getfixturevalue("verify")
    before = publisher.bundle()
    for part in ("root", "ca", "ct", "log", "tsa", "oidc"):
        authority.rotate(part)
    assert len(Hsm.keys) == 6
    assert verify(authority.trusted_root(), before) == verify(authority.trusted_root(), publisher.bundle())
    assert authority.identity_token("dev@acme.com").count(".") == 2


def test_a_key_that_is_elsewhere_gives_its_private_part_to_nobody() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    remote = RemoteKey(key.public_key(), lambda digest: key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
    key.public_key().verify(sign(remote, b"data"), b"data", ec.ECDSA(hashes.SHA256()))
    with pytest.raises(TypeError):
        remote.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(TypeError):
        remote.private_numbers()
    with pytest.raises(TypeError):
        remote.exchange(ec.ECDH(), key.public_key())


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("kms", "names no store"),
        ("no.such.module:Store", "cannot be used"),
        ("pathlib:NoStore", "cannot be used"),
        ("pathlib:Path", "no KeyStore"),
        ("os;system:x", "names no store"),
    ],
)
def test_a_reference_that_makes_no_store_is_told(tmp_path: Path, reference: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        open_store(reference, tmp_path)
