"""The reference is what the code says, and leaves nothing out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import generate
import pytest
from generators import cli, config, errors, events, hooks, http, manifest, permissions, plugins, sdk, wit

from lumosai.config.model import Config
from lumosai.plugins import index
from lumosai.validation import Validator
from lumosai_sdk import host
from lumosai_sdk import wit as contract

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return generate.generated()


def page(name: str) -> str:
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


def test_it_is_up_to_date(generated: dict[str, str]) -> None:
    stale = list(generate.differences(generated))
    assert not stale, "\n".join([*stale, "run: python docs/generate.py"])


def test_it_is_the_same_every_time(generated: dict[str, str]) -> None:
    assert generate.generated() == generated


def test_a_stale_page_is_told_with_a_diff(
    generated: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in generated.items():
        (tmp_path / name).write_text(text.replace("lumos_startup", "lumos_begin"), encoding="utf-8")
    (tmp_path / "left-over.md").write_text("", encoding="utf-8")
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    told = "\n".join(generate.differences(generated))
    assert "-## lumos_begin\n+## lumos_startup" in told
    assert "left-over.md: nothing makes this file" in told


def test_check_fails_and_writes_nothing(
    generated: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "FOLDER", tmp_path)
    monkeypatch.setattr(generate, "generated", lambda: generated)
    assert generate.main(["--check"]) == 1
    assert list(tmp_path.iterdir()) == []
    assert "python docs/generate.py" in capsys.readouterr().out
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0


@pytest.mark.parametrize("name", hooks.names())
def test_every_hook_has_its_signature_and_a_word(name: str) -> None:
    section = re.split(r"(?m)^#+ ", page("hooks.md").partition(f"## {name}\n")[2])[0]
    assert f"def {name}(" in section
    assert re.search(r"(?m)^[A-Z].+\.$", section)


@pytest.mark.parametrize("name", hooks.names())
def test_every_hook_is_shown_in_use(name: str) -> None:
    assert name in (DOCS / "how-to" / "hooks.md").read_text(encoding="utf-8")


def test_every_configuration_key_is_described() -> None:
    assert config.undescribed() == []


def test_every_configuration_key_is_there() -> None:
    text = page("configuration.md")
    for section, field in Config.model_fields.items():
        assert f"## `[{section}" in text, section
        model = field.annotation
        for key in getattr(model, "model_fields", {}):
            assert f"| `{key}` |" in text, f"{section}.{key}"


def test_every_event_is_there() -> None:
    text = page("events.md")
    assert [c.type for c in events.classes() if f"### {c.type}\n" not in text] == []


def test_every_error_is_there() -> None:
    text = page("errors.md")
    assert [c.__name__ for c in errors.classes() if f"| `{c.__name__}` | `{c.code}` | {c.status} |" not in text] == []


def test_every_error_code_means_one_thing() -> None:
    codes = [c.code for c in errors.classes()]
    assert sorted(codes) == sorted(set(codes))


def test_every_command_is_there() -> None:
    text = page("cli.md")
    assert [c for c in cli.commands() if f"# {c}\n" not in text] == []


def test_every_manifest_key_is_described() -> None:
    assert manifest.undescribed() == []


def test_every_permission_is_described() -> None:
    assert permissions.undescribed() == []


def test_every_public_name_of_the_sdk_is_there() -> None:
    assert sdk.undocumented() == []


def test_every_function_of_the_contract_is_there_with_a_word() -> None:
    text, offered = page("wit.md"), {**contract.imports(), **contract.exports()}
    told = [i.name for file in ("host.wit", "guest.wit") for i in wit.interfaces(contract.source(file))]
    assert told == list(offered)
    for interface, functions in offered.items():
        section = text.partition(f"### {interface}\n")[2].partition("\n### ")[0]
        assert [f for f in functions if not re.search(rf"(?m)^- `{f}\(.*\)`: .+$", section)] == []


def test_every_function_that_asks_the_host_is_there() -> None:
    text = page("sdk.md").partition("## The host, from a plugin\n")[2].partition("\n## ")[0]
    assert [m for m in host.__all__ if f"### `host.{m}`\n" not in text] == []


def test_every_built_in_plugin_is_there() -> None:
    assert plugins.missing() == []


def test_every_operation_is_there() -> None:
    text, found = page("http.md"), list(http.operations(http.openapi()))
    assert len(found) > 20  # noqa: PLR2004 - so that an empty document does not pass
    assert [f"{m} {p}" for m, p, _ in found if f"### `{m} {p}`" not in text] == []


def test_the_schema_takes_what_the_host_takes() -> None:
    schema = Validator(json.loads(page("lumos.schema.json")))
    assert (
        schema.errors({"agents": {"a": {"model": "openai/x"}}, "plugins": {"sqlite": {"settings": {"path": "x"}}}})
        == []
    )
    assert schema.errors({"agents": {"a": {"modle": "openai/x"}}})
    assert schema.errors({"plugins": {"sqlite": {"settings": {"pth": "x"}}}})


def test_the_index_finds_the_built_in_plugins_the_reference_has(tmp_path: Path) -> None:
    found = {r["name"] for r in index.load(cache=str(tmp_path / "index.json")) if r["dist"].startswith("lumosai-0")}
    assert {m.name for m in plugins.manifests()} <= found
