"""The document of the WebSocket is what AsyncAPI's own schema wants."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from jsonschema_rs import validator_for

from lumosai.gateway.asyncapi import document

HERE = Path(__file__).parent / "asyncapi"
SCHEMA = "node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json"
INSTALL_SECONDS = 120
pytestmark = [pytest.mark.slow, pytest.mark.timeout(INSTALL_SECONDS + 60)]


def test_the_document_is_valid(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("AsyncAPI's schema is installed with npm, which is not here")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, tmp_path)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode != 0:
        pytest.skip(f"npm cannot install AsyncAPI's schema: {done.stderr[-400:]}")
    schema = validator_for(json.loads((tmp_path / SCHEMA).read_text(encoding="utf-8")))
    made = json.loads(json.dumps(document()))
    assert [str(e) for e in schema.iter_errors(made)] == []
    assert list(schema.iter_errors({**made, "operations": {"x": {"action": "shout"}}}))
