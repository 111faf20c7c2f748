from __future__ import annotations

from typing import Any

import pytest

from lumosai.plugins.listing import contributions, listed, may_run, why_off

BUILT_IN = {"name": "time", "dist": "lumosai-0.1.0"}
STRANGER = {"name": "moon", "dist": "lumosai-evil-1.0"}


@pytest.mark.parametrize(
    ("record", "enabled", "safe_mode", "why"),
    [
        (STRANGER, True, False, None),
        (STRANGER, True, True, "safe mode"),
        (STRANGER, False, True, "safe mode"),
        (STRANGER, False, False, "disabled; lumos plugin enable moon"),
        (BUILT_IN, True, True, None),
        (BUILT_IN, False, True, "disabled; lumos plugin enable time"),
    ],
)
def test_why_a_plugin_is_off(record: dict[str, Any], enabled: bool, safe_mode: bool, why: str | None) -> None:
    assert why_off(record, enabled=enabled, safe_mode=safe_mode) == why
    assert may_run(record, enabled=enabled, safe_mode=safe_mode) == (why is None)


def test_what_is_broken_may_not_run() -> None:
    assert not may_run({**BUILT_IN, "error": "no manifest"}, enabled=True, safe_mode=False)


def test_what_is_broken_is_listed_with_what_is_known() -> None:
    assert listed(STRANGER, "broken", "no manifest") == {
        "name": "moon",
        "version": "?",
        "state": "broken",
        "runtime": "?",
        "distribution": "lumosai-evil-1.0",
        "built_in": False,
        "description": "",
        "contributes": {},
        "reason": "no manifest",
    }
    assert "reason" not in listed(STRANGER, "installed")


def test_contributions_come_with_their_kind() -> None:
    declared = {"tool": [{"id": "a.x"}, {"id": "a.y"}], "command": [{"id": "a.z"}]}
    found = [(kind, c["id"]) for kind, c in contributions({"contributes": declared})]
    assert found == [("tool", "a.x"), ("tool", "a.y"), ("command", "a.z")]
    assert list(contributions({})) == []
