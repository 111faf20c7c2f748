# ruff: noqa: PLR2004
from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.marketplace.trust.serving import Answer, files, serving

from lumosai_marketplace.authority.tufrepo import TufRepository
from lumosai_marketplace.errors import IndexUnavailableError, RefusedError
from lumosai_marketplace.trust.revocations import MAX_ENTRIES, Revocations, Revoked
from lumosai_marketplace.trust.tufclient import ROOT, SIGNING_CONFIG, TufClient

if TYPE_CHECKING:
    from tests.marketplace.trust.making import Instance

BAD = "ab" * 32
NAME = "revocations.json"


class Index:
    """A repository behind a server, whose answers can be spoilt."""

    def __init__(self, repository: TufRepository, folder: Path) -> None:
        self.repository = repository
        self.folder = folder
        self.spoil: dict[str, Answer] = {}
        self.url = ""

    @property
    def public(self) -> Path:
        return self.repository.public

    def revoke(self, serial: int, *digests: str) -> None:
        listed = Revocations(serial, tuple(Revoked(d, "acme/weather", "1.0.0", "it phones home") for d in digests))
        self.repository.publish({NAME: listed.to_json()})

    def client(self, folder: str = "client", days: float = 7) -> TufClient:
        return TufClient(self.url, self.folder / folder, self.repository.bootstrap(), offline_days=days)

    def keep(self) -> Path:
        """Return a copy of what clients see now."""
        kept = self.folder / f"kept-{time.monotonic_ns()}"
        shutil.copytree(self.public, kept)
        return kept

    def show(self, kept: Path) -> None:
        shutil.rmtree(self.public)
        shutil.copytree(kept, self.public)


@pytest.fixture
def index(tmp_path: Path, instance: Instance) -> Iterator[Index]:
    made = Index(TufRepository.create(tmp_path / "tuf"), tmp_path)
    documents = {ROOT: instance.authority.trusted_root(), SIGNING_CONFIG: instance.authority.signing_config()}
    made.repository.publish({name: json.dumps(body).encode() for name, body in documents.items()})
    made.revoke(1)
    with serving(files(made.public, made.spoil)) as url:
        made.url = url
        yield made


def refused(client: TufClient) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        client.refresh()
    return caught.value


def test_it_tells_whom_to_trust_where_to_sign_and_what_is_revoked(index: Index, instance: Instance) -> None:
    index.revoke(2, BAD)
    data = index.client().refresh()
    assert json.loads(data.roots.text) == instance.authority.trusted_root()
    assert data.client_trust_config() == instance.authority.client_trust_config()
    assert data.versions == {"root": 1, "timestamp": 4, "snapshot": 4, "targets": 4}
    assert data.revocations.serial == 2
    with pytest.raises(RefusedError, match=r"acme/weather 1\.0\.0 is revoked: it phones home") as caught:
        data.revocations.check(BAD.upper())
    assert caught.value.rule == "tuf.revoked"
    data.revocations.check("cd" * 32)
    assert [r.sha256 for r in data.revocations.among(["cd" * 32, BAD])] == [BAD]


def test_what_changes_is_seen_at_the_next_refresh(index: Index) -> None:
    client = index.client()
    assert client.refresh().revocations.serial == 1
    index.revoke(2, BAD)
    assert client.refresh().revocations.find(BAD)
    index.repository.rotate("timestamp")
    index.repository.rotate("root")
    index.revoke(3)
    again = client.refresh()
    assert (again.versions["root"], again.revocations.serial) == (3, 3)


def test_an_older_state_is_a_rollback(index: Index) -> None:
    client, old = index.client(), index.keep()
    index.revoke(2, BAD)
    client.refresh()
    index.show(old)
    assert refused(client).rule == "tuf.rollback"
    assert client.offline().revocations.find(BAD)
    # The honest twin: who has seen nothing newer cannot know.
    assert index.client("newcomer").refresh().revocations.serial == 1


def test_a_serial_that_goes_back_is_a_rollback_whoever_signs_it(index: Index) -> None:
    client = index.client()
    index.revoke(5, BAD)
    client.refresh()
    index.revoke(4)
    assert refused(client).rule == "tuf.rollback"
    index.revoke(5, BAD)
    assert client.refresh().revocations.serial == 5


def test_what_has_expired_is_held_back(index: Index) -> None:
    index.repository.publish({"more.json": b"{}"}, at=datetime.now(UTC) - timedelta(days=400))
    error = refused(index.client())
    assert error.rule == "tuf.expired"
    assert "clock" in str(error.hint)


def test_other_bytes_than_were_signed_are_refused(index: Index) -> None:
    for path in (index.public / "targets").glob(f"*.{NAME}"):
        path.write_bytes(path.read_bytes().replace(b"1", b"2"))
    assert refused(index.client()).rule == "tuf.changed"


def test_metadata_by_another_key_is_refused(index: Index, tmp_path: Path) -> None:
    client = index.client()
    other = TufRepository.create(tmp_path / "evil")
    other.publish({ROOT: b"{}", NAME: Revocations(9).to_json()})
    index.show(other.public)
    assert refused(client).rule == "tuf.signature"
    assert not (client.folder / "state.json").exists()


def test_a_root_that_is_none_is_refused(index: Index, tmp_path: Path) -> None:
    for n, root in enumerate((b"", b"{}", b"[" * 100_000, b"null", b'{"signed": {}, "signatures": []}')):
        assert refused(TufClient(index.url, tmp_path / f"c{n}", root)).rule == "tuf.metadata"


@pytest.mark.parametrize(
    ("end", "answer", "rule"),
    [
        ("timestamp.json", (200, {}, b"x" * 20_000), "tuf.size"),
        ("timestamp.json", (200, {}, b"[" * 16_000), "tuf.metadata"),
        ("timestamp.json", (200, {}, b"null"), "tuf.metadata"),
        ("timestamp.json", (404, {}, b""), "tuf.missing"),
        (NAME, (200, {}, b"x" * 1_000_000), "tuf.size"),
        (NAME, (404, {}, b""), "tuf.missing"),
    ],
)
def test_answers_that_are_none_are_refused(index: Index, end: str, answer: Answer, rule: str) -> None:
    index.spoil[end] = answer
    assert refused(index.client()).rule == rule


@pytest.mark.parametrize(
    "answer",
    [
        (302, {"location": "http://127.0.0.1:9/timestamp.json"}, b""),
        (500, {}, b""),
        (200, {"content-length": "99"}, b"x"),
    ],
)
def test_an_index_that_does_not_answer_is_not_a_lie(index: Index, answer: Answer) -> None:
    index.spoil["timestamp.json"] = answer
    with pytest.raises(IndexUnavailableError):
        index.client().refresh()


def test_what_is_packed_is_not_unpacked(index: Index) -> None:
    import gzip

    index.spoil["timestamp.json"] = (200, {"content-encoding": "gzip"}, gzip.compress(b" " * 10_000_000))
    assert refused(index.client()).rule in {"tuf.metadata", "tuf.size"}


def test_an_index_that_drips_is_given_up(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    from lumosai_marketplace.trust import tuffetch

    monkeypatch.setattr(tuffetch.Fetcher.__init__, "__defaults__", (0.0,))
    with pytest.raises(IndexUnavailableError, match="longer than"):
        index.client().refresh()


def test_a_repository_without_revocations_will_not_do_unless_it_is_told_so(tmp_path: Path, instance: Instance) -> None:
    repository = TufRepository.create(tmp_path / "plain")
    repository.publish({ROOT: instance.roots.text.encode()})
    with serving(files(repository.public)) as url:
        client = TufClient(url, tmp_path / "a", repository.bootstrap())
        assert refused(client).rule == "tuf.missing"
        data = TufClient(url, tmp_path / "b", repository.bootstrap(), needs_revocations=False).refresh()
        assert (data.revocations.serial, dict(data.signing_config)) == (0, {})


# --- without a network


def test_what_was_seen_holds_for_so_many_days(index: Index) -> None:
    client = index.client(days=3)
    with pytest.raises(RefusedError) as caught:
        client.offline()
    assert caught.value.rule == "tuf.stale"
    seen = client.refresh()
    now = time.time()
    assert client.offline(now + 2.9 * 86_400).revocations == seen.revocations
    assert client.offline().versions == seen.versions
    for at in (now + 3.1 * 86_400, now - 86_400):
        with pytest.raises(RefusedError) as caught:
            client.offline(at)
        assert caught.value.rule == "tuf.stale"
        assert "3 are allowed" in caught.value.message


def test_files_that_were_changed_since_are_not_used(index: Index) -> None:
    client = index.client()
    client.refresh()
    (path,) = (client.folder / "seen").glob(f"*.{NAME}")
    path.write_bytes(Revocations(7).to_json())
    with pytest.raises(RefusedError) as caught:
        client.offline()
    assert caught.value.rule == "tuf.changed"
    path.unlink()
    assert client.refresh().revocations.serial == 1
    assert client.offline().revocations.serial == 1


def test_what_was_refused_takes_no_place_of_what_was_seen(index: Index) -> None:
    client = index.client()
    index.revoke(5, BAD)
    client.refresh()
    index.revoke(4)
    assert refused(client).rule == "tuf.rollback"
    assert client.offline().revocations.serial == 5
    index.revoke(6, BAD)
    client.refresh()
    assert len(list((client.folder / "seen").iterdir())) == 3


def test_a_state_that_is_broken_is_said_to_be(index: Index) -> None:
    client = index.client()
    client.refresh()
    for text in (b"", b"{}", b'{"bootstrap": 1, "refreshed": "x", "serial": 0, "versions": {}, "files": {}}'):
        (client.folder / "state.json").write_bytes(text)
        assert refused(client).rule == "tuf.state"


def test_another_first_root_begins_anew(index: Index, tmp_path: Path) -> None:
    client = index.client()
    index.revoke(9, BAD)
    client.refresh()
    other = TufRepository.create(tmp_path / "anew")
    other.publish({ROOT: client.offline().roots.text.encode(), NAME: Revocations(1).to_json()})
    with serving(files(other.public)) as url:
        assert TufClient(url, client.folder, other.bootstrap()).refresh().revocations.serial == 1


def test_several_refreshes_at_once_leave_one_whole_state(index: Index) -> None:
    failed: list[Exception] = []

    def run() -> None:
        try:
            index.client().refresh()
        except Exception as e:  # noqa: BLE001
            failed.append(e)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failed
    assert index.client().offline().revocations.serial == 1


# --- the list


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"serial": 0, "revoked": []}',
        '{"serial": true, "revoked": []}',
        '{"serial": 1.5, "revoked": []}',
        '{"serial": 1, "revoked": {}}',
        '{"serial": 1, "revoked": [], "comment": "x"}',
        '{"serial": 1, "revoked": [{}]}',
        '{"serial": 1, "revoked": [{"sha256": "AB"}]}',
        '{"serial": 1, "revoked": [{"sha256": "' + "ab" * 32 + '", "more": "x"}]}',
        '{"serial": 1, "revoked": [{"sha256": "' + "ab" * 32 + '", "reason": 5}]}',
        '{"serial": 1, "revoked": [' + "[" * 5000,
    ],
)
def test_a_revocation_list_is_exactly_one(text: str) -> None:
    with pytest.raises(RefusedError) as caught:
        Revocations.from_json(text)
    assert caught.value.rule == "tuf.revocations"


def test_a_list_is_the_same_after_both_ways_and_may_be_long() -> None:
    made = Revocations(3, tuple(Revoked(f"{n:064x}", "acme/weather") for n in range(MAX_ENTRIES)))
    assert Revocations.from_json(made.to_json()) == made
