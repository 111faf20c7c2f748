"""An instance is what it was after a restart, in another process, and after a process died in the middle."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest

from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.authority.state import Part, check_url
from lumosai_sdk.errors import ConfigError, ConflictError, InputError

URL = "http://localhost:8643"


def test_it_is_the_same_after_a_restart(tmp_path: Path) -> None:
    made = Authority.create(tmp_path / "a", url=URL, passphrase="x", organization="Acme")
    made.rotate("ct")
    again = Authority.open(tmp_path / "a", "x")
    assert again.client_trust_config() == made.client_trust_config()
    assert again.log_signer.key_id == made.log_signer.key_id
    assert again.jwks() == made.jwks()
    assert (again.url, again.origin) == (URL, "localhost")


def test_another_process_notices_a_rotation(authority: Authority) -> None:
    second = Authority.open(authority.folder)
    first_key = second.log_signer.key_id
    authority.rotate("log")
    assert second.log_signer.key_id == authority.log_signer.key_id != first_key
    assert len(second.trusted_root()["tlogs"]) == 2


def test_a_folder_has_one_instance(authority: Authority) -> None:
    with pytest.raises(ConflictError, match="already"):
        Authority.create(authority.folder, url=URL)


def test_half_an_instance_is_not_built_upon(authority: Authority) -> None:
    (authority.folder / "authority.json").unlink()
    with pytest.raises(ConflictError, match="interrupted"):
        Authority.create(authority.folder, url=URL)
    with pytest.raises(ConfigError, match="no sigstore instance"):
        Authority.open(authority.folder)


def test_there_is_none_where_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="lumos marketplace init"):
        Authority.open(tmp_path / "nothing")


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "null", "[" * 50_000, '{"schema": 2}', '{"schema": 1, "generations": 5}']
)
def test_a_damaged_state_is_told(authority: Authority, damage: str) -> None:
    (authority.folder / "authority.json").write_text(damage)
    with pytest.raises(ConfigError, match=r"authority\.json"):
        Authority.open(authority.folder)


def test_a_state_in_which_nothing_signs_is_told(authority: Authority) -> None:
    path = authority.folder / "authority.json"
    state = json.loads(path.read_text())
    state["generations"] = [g for g in state["generations"] if g["part"] != "tsa"]
    path.write_text(json.dumps(state))
    with pytest.raises(ConfigError, match="nothing signs as tsa"):
        Authority.open(authority.folder)


@pytest.mark.parametrize(
    "url",
    [
        "http://market.acme.com",
        "https://user:secret@market.acme.com",
        "https://market.acme.com/path",
        "https://market.acme.com?x",
        "ftp://localhost",
        "market.acme.com",
        "https://",
        "https://ex\u0430mple.com",
    ],
)
def test_a_url_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        check_url(url)


@pytest.mark.parametrize(
    "url", ["https://market.acme.com/", "http://127.0.0.1:1", "http://[::1]:1", "http://a.localhost"]
)
def test_a_url_that_can_be_is_taken(url: str) -> None:
    assert check_url(url) == url.rstrip("/")


def test_it_can_move_to_another_port_and_not_to_another_host(authority: Authority) -> None:
    authority.move("https://localhost")
    assert authority.signing_config()["caUrls"][0]["url"] == "https://localhost/sigstore"
    assert Authority.open(authority.folder).discovery()["issuer"] == "https://localhost/sigstore/oauth2"
    with pytest.raises(ConfigError, match="cannot become"):
        authority.move("https://market.acme.com")


def test_what_cannot_be_rotated_or_retired_is_told(authority: Authority) -> None:
    with pytest.raises(InputError, match="no part"):
        authority.rotate(cast("Part", "everything"))
    with pytest.raises(ConflictError, match="only key"):
        authority.retire("ca", datetime.now(UTC))
    authority.rotate("ca")
    with pytest.raises(InputError, match="time zone"):
        authority.retire("ca", datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_a_root_key_that_is_kept_offline_is_needed_for_a_new_intermediate_only(
    authority: Authority, tmp_path: Path
) -> None:
    root = authority.folder / "keys" / f"{authority.generations('root')[-1].key}.pem"
    offline = root.rename(tmp_path / "root.pem")
    opened = Authority.open(authority.folder)
    opened.rotate("ct")
    before = opened.trusted_root()
    with pytest.raises(ConfigError, match="offline"):
        opened.rotate("ca")
    assert opened.trusted_root() == before
    offline.rename(root)
    opened.rotate("ca")
    assert len(opened.trusted_root()["certificateAuthorities"]) == 2


_ROTATING = """
import sys, itertools
from pathlib import Path
from lumosai_marketplace.authority.instance import Authority
authority = Authority.open(Path(sys.argv[1]))
print("ready", flush=True)
for part in itertools.cycle(["ca", "ct", "log", "tsa", "oidc", "root"]):
    authority.rotate(part)
"""


def killed(script: str, folder: Path, after: float) -> None:
    """Run *script* and kill it, with no chance to clean up, *after* seconds from when it was ready."""
    with subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(after)
        process.kill()
        assert process.wait(10) in {-signal.SIGKILL, 1}


def test_killed_while_it_rotates_it_works_and_trusts_all_it_trusted(
    authority: Authority, publisher: Any, verify: Any
) -> None:
    random = Random(4)
    bundles = [publisher.bundle()]
    for _ in range(6):
        killed(_ROTATING, authority.folder, random.uniform(0, 0.08))
        bundles.append(publisher.bundle())
        opened = Authority.open(authority.folder)
        assert opened.trusted_root() == authority.trusted_root()
        for bundle in bundles:
            verify(opened.trusted_root(), bundle)
    authority.rotate("ct")  # clears what the killed ones left
    assert len(list((authority.folder / "keys").glob("*.pem"))) == 6
    assert not list(authority.folder.glob(".*.tmp"))


@pytest.mark.skipif(os.name != "posix", reason="forks")
def test_rotations_of_two_processes_are_both_there(authority: Authority) -> None:
    script = _ROTATING.replace('itertools.cycle(["ca", "ct", "log", "tsa", "oidc", "root"])', '["ca", "ct", "log"] * 3')
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(authority.folder)], stdout=subprocess.DEVNULL)
        for _ in range(2)
    ]
    assert [process.wait(30) for process in running] == [0, 0]
    assert [len(authority.generations(part)) for part in ("ca", "ct", "log")] == [7, 7, 7]
