from __future__ import annotations

import builtins
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

import lumosai_plugins.multi
from lumosai_plugins.multi.provider import MultiProvider
from lumosai_plugins.multi.vendors import VENDORS
from lumosai_sdk import manifest
from lumosai_sdk.errors import ConfigError, MissingExtraError, ModelAuthError, ModelError
from lumosai_sdk.secrets import Secret
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import ModelRequest
from lumosai_sdk.types.plugins import PluginContext

if TYPE_CHECKING:
    from collections.abc import Callable

MANIFEST = manifest.load(Path(lumosai_plugins.multi.__file__).with_name(manifest.FILE_NAME))
KEY = Secret("env:VENDOR_KEY")


def made(**vendors: Any) -> MultiProvider:
    return MultiProvider(PluginContext("multi", settings={"vendors": vendors}))


def ask(model: str) -> ModelRequest:
    return ModelRequest(model, [Message.user("hi")])


def without(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    """Behave as if packages were not installed."""
    for name in list(sys.modules):
        if name.split(".")[0] in packages or name.startswith(("pydantic_ai", "lumosai_plugins.multi.")):
            monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def importer(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".", maxsplit=1)[0] in packages:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", importer)


def test_making_the_provider_imports_no_vendors_sdk() -> None:
    code = (
        "import sys; from lumosai_sdk.types.plugins import PluginContext;"
        "from lumosai_plugins.multi.provider import MultiProvider; MultiProvider(PluginContext('multi'));"
        "print([m for m in ('pydantic_ai', 'anthropic', 'google.genai', 'httpx', 'httpx2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("model", ["gpt-5", "anthropic", "anthropic:", "nobody:m", "test", "gateway/openai:x", ":m"])
async def test_a_name_without_a_vendor_is_a_model_error(model: str) -> None:
    with pytest.raises(ModelError, match="there are: anthropic, bedrock") as raised:
        await made().complete(ask(model))
    assert "multi/<vendor>:<model>" in (raised.value.hint or "")


async def test_without_the_library_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "pydantic_ai")
    with pytest.raises(MissingExtraError) as raised:
        await made().complete(ask("anthropic:claude-sonnet-4-6"))
    assert raised.value.hint == "pip install 'lumosai[multi]'"


@pytest.mark.parametrize("vendor", ["groq", "xai", "huggingface"])
async def test_without_a_vendors_sdk_the_command_is_named(monkeypatch: pytest.MonkeyPatch, vendor: str) -> None:
    monkeypatch.setenv("VENDOR_KEY", "k")
    packages = {"xai": "xai_sdk", "huggingface": "huggingface_hub"}
    without(monkeypatch, packages.get(vendor, vendor))
    with pytest.raises(MissingExtraError, match=vendor) as raised:
        await made(**{vendor: {"api_key": KEY}}).complete(ask(f"{vendor}:some-model"))
    assert raised.value.hint == f"pip install 'pydantic-ai-slim[{VENDORS[vendor].extra}]'"


async def test_without_a_key_the_variable_and_the_setting_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelAuthError) as raised:
        await made().complete(ask("anthropic:claude-sonnet-4-6"))
    assert "ANTHROPIC_API_KEY" in (raised.value.hint or "")
    assert "plugins.multi.settings.vendors.anthropic.api_key" in (raised.value.hint or "")


async def test_a_key_that_is_not_there_names_its_setting() -> None:
    with pytest.raises(ModelAuthError, match=r"vendors\.anthropic\.api_key: the environment variable NOPE is not set"):
        await made(anthropic={"api_key": Secret("env:NOPE")}).complete(ask("anthropic:claude-sonnet-4-6"))


@pytest.mark.parametrize(
    ("vendors", "words"),
    [
        ({"nobody": {}}, "no such vendor"),
        ({"anthropic": {"region": "eu"}}, r"vendors\.anthropic\.region: anthropic knows api_key, base_url, models"),
        ({"anthropic": {"base_url": "https://x"}}, "base_url without api_key"),
        ({"anthropic": {"base_url": "http://10.0.0.1", "api_key": KEY}}, "unencrypted"),
        ({"anthropic": {"base_url": "nowhere", "api_key": KEY}}, "no plain http"),
        ({"anthropic": {"base_url": "https://me:pw@x", "api_key": KEY}}, "no plain http"),
        ({"anthropic": {"base_url": "https://[x", "api_key": KEY}}, "is no URL"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_used_are_named(vendors: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        made(**vendors)


async def test_models_are_those_of_the_vendors_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = await made(mistral={"models": ["m-1"]}).models()
    assert [m.id for m in listed] == ["mistral:m-1"]
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    known = [m.id for m in await made().models()]
    assert known
    assert all(m.startswith("anthropic:") for m in known)


def test_the_schema_and_the_code_know_the_same_vendors() -> None:
    schema = MANIFEST.settings_schema or {}
    assert schema["properties"]["vendors"]["propertyNames"]["enum"] == sorted(VENDORS)
    known = set(schema["properties"]["vendors"]["additionalProperties"]["properties"])
    assert known == {"models", *(s for v in VENDORS.values() for s in v.settings)}
    validator = jsonschema_rs.validator_for(schema)
    assert validator.is_valid({"vendors": {"anthropic": {"api_key": "env:K"}}})
    assert not validator.is_valid({"vendors": {"nobody": {}}})


async def test_closing_what_was_never_used_is_no_error(make: Callable[..., MultiProvider]) -> None:
    await make("anthropic").aclose()
