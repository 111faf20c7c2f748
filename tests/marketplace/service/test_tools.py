"""twine, uv and pip as they are."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.marketplace.service.market import Market, wheel

BIN = Path(sys.executable).parent
pytestmark = pytest.mark.timeout(180)


def run(*command: object, cwd: Path, **environment: str) -> str:
    told = {k: v for k, v in os.environ.items() if not k.startswith(("UV_", "PIP_", "TWINE_"))}
    told |= {
        "HOME": str(cwd),
        "NO_COLOR": "1",
        "UV_NO_PROGRESS": "1",
        "PIP_NO_INPUT": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }
    done = subprocess.run(
        [str(c) for c in command], cwd=cwd, env={**told, **environment}, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command[0]}: {done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def signed(market: Market, folder: Path, name: str, version: str = "1.0.0") -> Path:
    """Write a wheel with its two attestations beside it."""
    filename, data = wheel(name, version)
    for kind, attestation in zip(("publish", "plugin"), market.sign(filename, data), strict=True):
        (folder / f"{filename}.{kind}.attestation").write_text(json.dumps(attestation))
    (folder / filename).write_bytes(data)
    return folder / filename


def test_twine_uploads_and_pip_installs_what_was_uploaded(market: Market, tmp_path: Path) -> None:
    made = signed(market, tmp_path, "acme-twined")
    run(
        BIN / "twine", "upload", "--non-interactive", "--attestations", "--repository-url", f"{market.url}/legacy/",
        "-u", "__token__", "-p", market.token("acme-twined"), *sorted(tmp_path.glob(f"{made.name}*")), cwd=tmp_path,
    )  # fmt: skip
    target = tmp_path / "site"
    run(
        sys.executable, "-m", "pip", "install", "--no-deps", "--target", target, "--index-url", f"{market.url}/simple/",
        "--no-cache-dir", "acme-twined", cwd=tmp_path,
    )  # fmt: skip
    assert (target / "acme_twined" / "lumos-plugin.toml").is_file()


def test_uv_publishes_and_installs(market: Market, tmp_path: Path) -> None:
    made = signed(market, tmp_path, "acme-uved")
    run(
        BIN / "uv", "publish", "--publish-url", f"{market.url}/legacy/", "--token", market.token("acme-*"),
        "--trusted-publishing", "never", f"{made}*", cwd=tmp_path,
    )  # fmt: skip
    target = tmp_path / "site"
    run(
        BIN / "uv", "pip", "install", "--no-deps", "--no-cache", "--python", sys.executable, "--target", target,
        "--index-url", f"{market.url}/simple/", "acme-uved==1.0.0", cwd=tmp_path,
    )  # fmt: skip
    assert (target / "acme_uved" / "tools.py").is_file()


def test_pip_downloads_a_version_and_checks_its_hash(market: Market, tmp_path: Path) -> None:
    filename, data = market.publish("acme-downloaded")
    market.publish("acme-downloaded", "2.0.0")
    run(
        sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "-d", tmp_path,
        "--index-url", f"{market.url}/simple/", "acme-downloaded<2", cwd=tmp_path,
    )  # fmt: skip
    assert (tmp_path / filename).read_bytes() == data


def test_pip_passes_over_a_yanked_version(market: Market, tmp_path: Path) -> None:
    market.publish("acme-yanking")
    market.publish("acme-yanking", "1.1.0")
    path = "/api/v1/plugins/acme/yanking/1.1.0/yank"
    assert market.client.post(path, json={"reason": "it leaks"}, headers=market.bearer()).status_code == 200
    run(
        sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "-d", tmp_path,
        "--index-url", f"{market.url}/simple/", "acme-yanking", cwd=tmp_path,
    )  # fmt: skip
    assert [p.name for p in tmp_path.glob("*.whl")] == ["acme_yanking-1.0.0-py3-none-any.whl"]
