"""The TUF repository, as python-tuf's own client and sigstore's see it, unmodified."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.ngclient.updater import Updater

from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.authority.tufapi import CryptoSigner, Metadata, Timestamp
from lumosai_marketplace.authority.tufmeta import Lifetimes
from lumosai_marketplace.authority.tufrepo import Role, TufRepository
from lumosai_sdk.errors import ConfigError, ConflictError, InputError

ROLES: list[Role] = ["timestamp", "snapshot", "targets", "root"]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def repository(tmp_path: Path) -> TufRepository:
    return TufRepository.create(tmp_path / "tuf")


class Client:
    """A client that remembers what it saw."""

    def __init__(self, url: str, folder: Path, root: bytes) -> None:
        self.url, self.root = url, root
        self.metadata, self.targets = folder / "metadata", folder / "targets"
        self.metadata.mkdir(parents=True)
        self.targets.mkdir()

    def get(self, name: str) -> bytes | None:
        targets = f"{self.url}/targets/"
        updater = Updater(str(self.metadata), self.url, str(self.targets), targets, bootstrap=self.root)
        updater.refresh()
        info = updater.get_targetinfo(name)
        return None if info is None else Path(updater.download_target(info)).read_bytes()


@pytest.fixture
def client(repository: TufRepository, tmp_path: Path) -> Iterator[Client]:
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(repository.public))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield Client(f"http://127.0.0.1:{server.server_port}", tmp_path / "client", repository.bootstrap())
        server.shutdown()
        thread.join()


def test_a_client_gets_what_is_published_and_the_next_version(repository: TufRepository, client: Client) -> None:
    assert client.get("revocations.json") is None
    assert repository.publish({"revocations.json": b"1", "trusted_root.json": b"{}"})
    assert client.get("revocations.json") == b"1"
    assert repository.publish({"revocations.json": b"2"})
    assert client.get("revocations.json") == b"2"
    assert client.get("trusted_root.json") == b"{}"
    assert repository.targets() == {"revocations.json": b"2", "trusted_root.json": b"{}"}
    assert repository.publish({}, remove=["trusted_root.json"])
    assert client.get("trusted_root.json") is None


def test_what_is_published_already_makes_no_new_version(repository: TufRepository) -> None:
    repository.publish({"a": b"1"})
    before = sorted(repository.public.rglob("*"))
    assert not repository.publish({"a": b"1"})
    assert not repository.publish({}, remove=["b"])
    assert sorted(repository.public.rglob("*")) == before


def test_sigstores_own_client_configures_itself_from_it(
    repository: TufRepository,
    client: Client,
    authority: Authority,
    publisher: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sigstore.models import Bundle, ClientTrustConfig
    from sigstore.verify import Verifier, policy

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    repository.publish(
        {
            "trusted_root.json": json.dumps(authority.trusted_root()).encode(),
            "signing_config.v0.2.json": json.dumps(authority.signing_config()).encode(),
        }
    )
    config = ClientTrustConfig.from_tuf(client.url, bootstrap_root=repository.public / "1.root.json")
    bundle = Bundle.from_json(json.dumps(publisher.bundle()))
    wanted = policy.Identity(identity="dev@acme.com", issuer=authority.oidc.url)
    Verifier(trusted_root=config.trusted_root).verify_dsse(bundle, wanted)


def test_a_client_follows_every_rotation_and_so_does_one_that_missed_them_all(
    repository: TufRepository, client: Client, tmp_path: Path
) -> None:
    repository.publish({"a": b"0"})
    late = Client(client.url, tmp_path / "late", repository.bootstrap())
    assert client.get("a") == late.get("a") == b"0"
    for number, role in enumerate([*ROLES, *ROLES]):
        repository.rotate(role)
        assert client.get("a") == b"%d" % number
        repository.publish({"a": b"%d" % (number + 1)})
        assert client.get("a") == b"%d" % (number + 1)
    repository.renew_root()
    assert late.get("a") == b"8"
    assert (late.metadata / "root.json").read_bytes() == (repository.public / "10.root.json").read_bytes()
    assert len(list((repository.folder / "keys").glob("*.pem"))) == 3
    assert len(list((repository.folder / "offline").glob("*.pem"))) == 3


def test_a_key_that_was_rotated_away_signs_nothing_that_is_believed(repository: TufRepository, client: Client) -> None:
    repository.publish({"a": b"1"})
    name = next(p.stem for p in (repository.folder / "keys").glob("tuf-timestamp-*.pem"))
    stolen = CryptoSigner(repository.store.load(name))
    repository.rotate("timestamp")
    assert client.get("a") == b"1"
    forge(repository, stolen)
    with pytest.raises(UnsignedMetadataError):
        client.get("a")


def forge(repository: TufRepository, signer: CryptoSigner) -> None:
    path = repository.public / "timestamp.json"
    forged = Metadata[Timestamp].from_bytes(path.read_bytes())
    forged.signed.version += 1
    forged.sign(signer)
    path.write_bytes(forged.to_bytes())


def test_a_foreign_key_signs_nothing_that_is_believed(repository: TufRepository, client: Client) -> None:
    repository.publish({"a": b"1"})
    forge(repository, CryptoSigner.generate_ecdsa())
    with pytest.raises(UnsignedMetadataError):
        client.get("a")


def test_a_root_that_too_few_keys_signed_is_not_followed(repository: TufRepository, client: Client) -> None:
    path = repository.public / "1.root.json"
    root = json.loads(path.read_bytes())
    root["signed"]["version"] = 2
    root["signatures"] = root["signatures"][:1]
    (repository.public / "2.root.json").write_text(json.dumps(root))
    with pytest.raises(UnsignedMetadataError):
        client.get("a")


def test_a_rollback_is_refused(repository: TufRepository, client: Client) -> None:
    repository.publish({"a": b"1"})
    old = (repository.public / "timestamp.json").read_bytes()
    repository.publish({"a": b"2"})
    assert client.get("a") == b"2"
    (repository.public / "timestamp.json").write_bytes(old)
    with pytest.raises(BadVersionNumberError):
        client.get("a")


def test_a_freeze_is_noticed_and_signing_anew_ends_it(repository: TufRepository, client: Client) -> None:
    past = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
    repository.publish({"a": b"1"}, at=past)
    with pytest.raises(ExpiredMetadataError):
        client.get("a")
    assert repository.resign() == ("timestamp",)
    assert client.get("a") == b"1"
    assert repository.resign() == ()


@pytest.mark.parametrize(
    ("days", "due"),
    [(0.4, ()), (0.6, ("timestamp",)), (4, ("snapshot", "timestamp")), (50, ("targets", "snapshot", "timestamp"))],
)
def test_what_has_lived_half_its_life_is_signed_anew(
    repository: TufRepository, days: float, due: tuple[str, ...]
) -> None:
    before = repository.expires()
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    assert repository.resign(later) == due
    after = repository.expires()
    assert {role for role in after if after[role] > before[role]} == set(due)


def test_changed_bytes_are_refused(repository: TufRepository, client: Client) -> None:
    repository.publish({"a": b"one"})
    (target,) = (repository.public / "targets").glob("*.a")
    target.write_bytes(b"two")
    with pytest.raises(LengthOrHashMismatchError):
        client.get("a")
    with pytest.raises(ConfigError, match="not what was published"):
        repository.targets()


@pytest.mark.parametrize("name", ["", "../a", "a/b", ".a", "a\nb", "x" * 101, "\u00e4"])
def test_a_name_that_leads_elsewhere_is_not_published(repository: TufRepository, name: str) -> None:
    with pytest.raises(InputError):
        repository.publish({name: b""})


def test_it_is_the_same_after_a_restart_and_asks_for_its_passphrase(tmp_path: Path) -> None:
    made = TufRepository.create(tmp_path / "t", passphrase="x", root_passphrase="y", lifetimes=Lifetimes())
    made.publish({"a": b"1"})
    again = TufRepository.open(tmp_path / "t", "x")
    assert again.targets() == {"a": b"1"}
    assert again.expires() == made.expires()
    with pytest.raises(ConfigError, match="passphrase is not the one"):
        TufRepository.open(tmp_path / "t", "y")
    with pytest.raises(ConfigError, match="passphrase is not the one"):
        again.rotate("root", root_passphrase="x")
    again.rotate("root", root_passphrase="y")


def test_roots_are_signed_by_a_threshold_of_keys_that_are_elsewhere(
    repository: TufRepository, client: Client, tmp_path: Path
) -> None:
    offline = repository.folder / "offline"
    safe = tmp_path / "safe"
    offline.rename(safe)
    repository.publish({"a": b"1"})  # needs none of them
    assert repository.resign(datetime.now(UTC) + timedelta(days=3))
    with pytest.raises(ConfigError):
        repository.rotate("timestamp")
    lost, *_ = sorted(safe.glob("tuf-root-*.pem"))
    lost.unlink()
    repository.rotate("timestamp", offline=safe)  # two of three are enough
    assert client.get("a") == b"1"
    next(safe.glob("tuf-root-*.pem")).unlink()
    before = sorted(repository.public.iterdir())
    with pytest.raises(ConfigError, match="too few keys"):
        repository.rotate("timestamp", offline=safe)
    assert sorted(repository.public.iterdir()) == before
    assert client.get("a") == b"1"


def test_a_lost_root_key_is_replaced(repository: TufRepository, client: Client) -> None:
    next((repository.folder / "offline").glob("tuf-root-*.pem")).unlink()
    repository.rotate("root")
    repository.publish({"a": b"1"})
    assert client.get("a") == b"1"
    assert len(list((repository.folder / "offline").glob("tuf-root-*.pem"))) == 3


def test_what_cannot_be_is_told(repository: TufRepository, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no role"):
        repository.rotate(cast("Role", "mirrors"))
    with pytest.raises(InputError, match="threshold"):
        TufRepository.create(tmp_path / "x", root_keys=1, threshold=2)
    with pytest.raises(ConflictError):
        TufRepository.create(repository.folder)
    with pytest.raises(ConfigError, match="no TUF repository"):
        TufRepository.open(tmp_path / "y")
    (repository.public / "timestamp.json").write_text("{}")
    with pytest.raises(ConfigError, match="damaged"):
        TufRepository.open(repository.folder)


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_keys_are_closed_to_others(repository: TufRepository) -> None:
    for folder in ("keys", "offline"):
        private = list((repository.folder / folder).iterdir())
        assert len(private) == 4
        assert not any(p.stat().st_mode & 0o077 for p in (repository.folder / folder, *private))


_WRITING = """
import sys, itertools
from pathlib import Path
from lumosai_marketplace.authority.tufrepo import TufRepository
repository = TufRepository.open(Path(sys.argv[1]))
print("ready", flush=True)
for number in itertools.count():
    repository.publish({"a": b"%d" % number * 1000, "b": b"%d" % number * 1000})
    repository.rotate(["timestamp", "snapshot", "targets", "root"][number % 4])
"""


# Without rotations: who has read one root, and its timestamp after the next, has to ask once more.
_PUBLISHING = _WRITING.replace("    repository.rotate(", "    str(")


def writing(repository: TufRepository, script: str = _WRITING) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", script, str(repository.folder)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_killed_while_it_writes_it_leaves_one_version(repository: TufRepository, client: Client) -> None:
    random = Random(7)
    repository.publish({"a": b"-", "b": b"-"})
    for _ in range(6):
        with writing(repository) as process:
            time.sleep(random.uniform(0, 0.15))
            process.kill()
            assert process.wait(10) in {-signal.SIGKILL, 1}
        assert client.get("a") == client.get("b")
        published = TufRepository.open(repository.folder).targets()
        assert published["a"] == published["b"] == client.get("a")
    repository.rotate("timestamp")
    repository.publish({"a": b"end"})
    assert client.get("a") == b"end"
    assert not list(repository.public.rglob(".*.tmp"))
    assert len(list((repository.folder / "keys").glob("*.pem"))) == 3


def test_readers_see_whole_versions_while_others_write(
    repository: TufRepository, client: Client, tmp_path: Path
) -> None:
    repository.publish({"a": b"-", "b": b"-"})
    seen = set()
    with writing(repository, _PUBLISHING) as process:
        try:
            end = time.monotonic() + 3
            for number in range(40):
                if time.monotonic() > end:
                    break
                fresh = Client(client.url, tmp_path / f"fresh{number}", repository.bootstrap())
                seen.add(fresh.get("a"))
                client.get("b")
        finally:
            process.kill()
    assert None not in seen


def test_a_client_that_finds_nobody_says_so(repository: TufRepository, client: Client) -> None:
    shutil.move(repository.public, repository.public.with_name("gone"))
    with pytest.raises((DownloadError, RepositoryError)):
        client.get("a")
