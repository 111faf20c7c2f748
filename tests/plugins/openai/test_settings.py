from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

import lumosai_plugins.openai
from lumosai_plugins.openai.provider import OpenAIProvider
from lumosai_plugins.openai.settings import VENDOR_URL, endpoints
from lumosai_sdk import manifest
from lumosai_sdk.errors import ConfigError, ModelAuthError
from lumosai_sdk.secrets import Secret
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import ModelRequest
from lumosai_sdk.types.plugins import PluginContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.plugins.openai.conftest import FakeServer

MANIFEST = manifest.load(Path(lumosai_plugins.openai.__file__).with_name(manifest.FILE_NAME))
REMOTE = "https://models.example.org/v1"


async def test_a_named_endpoint_gets_its_models_and_its_key(
    make: Callable[..., OpenAIProvider], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ", "gsk")
    monkeypatch.setenv("TENANT", "t-1")
    groq = {
        "base_url": server.url,
        "api_key": Secret("env:GROQ"),
        "headers": {"X-Title": "mine"},
        "secret_headers": {"X-Tenant": Secret("env:TENANT")},
        "organization": "org-1",
        "project": "p-1",
        "max_tokens_field": "max_completion_tokens",
    }
    provider = make(endpoints={"groq": groq})
    await provider.complete(ModelRequest("groq/meta/llama-3.3-70b", [Message.user("hi")], max_tokens=5))
    assert server.last.body["model"] == "meta/llama-3.3-70b"
    assert server.last.body["max_completion_tokens"] == 5  # noqa: PLR2004
    sent = server.last.headers
    assert (sent["Authorization"], sent["X-Title"], sent["X-Tenant"]) == ("Bearer gsk", "mine", "t-1")
    assert (sent["OpenAI-Organization"], sent["OpenAI-Project"]) == ("org-1", "p-1")


async def test_a_name_with_a_slash_that_is_no_endpoint_goes_to_the_default(
    make: Callable[..., OpenAIProvider], server: FakeServer
) -> None:
    await make(base_url=server.url + "/").complete(ModelRequest("meta-llama/Llama-3", []))
    assert server.last.body["model"] == "meta-llama/Llama-3"
    assert server.last.path == "/v1/chat/completions"


async def test_azure_is_settings(
    make: Callable[..., OpenAIProvider], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE", "az-key")
    base = server.url + "/openai/deployments/{model}"
    provider = make(
        base_url=base, api_key=Secret("env:AZURE"), key_header="api-key", api_version="2026-10-01", models=["gpt"]
    )
    await provider.complete(ModelRequest("my model/../x", []))
    assert server.last.path == "/v1/openai/deployments/my%20model%2F..%2Fx/chat/completions?api-version=2026-10-01"
    assert server.last.headers["api-key"] == "az-key"
    assert "Authorization" not in server.last.headers
    assert [m.id for m in await provider.models()] == ["gpt"]


async def test_the_vendors_key_goes_to_the_vendor_alone(
    make: Callable[..., OpenAIProvider], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    await make(base_url=server.url).complete(ModelRequest("m", []))
    assert "Authorization" not in server.last.headers
    assert endpoints({})[""].request_headers()["Authorization"] == "Bearer sk-mine"
    other = endpoints({"endpoints": {"other": {"base_url": REMOTE}}})["other"]
    assert "Authorization" not in other.request_headers()


async def test_a_missing_key_names_the_variable_and_the_setting() -> None:
    provider = OpenAIProvider(PluginContext("openai", settings={}))
    with pytest.raises(ModelAuthError) as raised:
        await provider.complete(ModelRequest("gpt-5", []))
    assert "OPENAI_API_KEY is not set" in raised.value.message
    assert "export OPENAI_API_KEY" in (raised.value.hint or "")
    assert "plugins.openai.settings.api_key" in (raised.value.hint or "")


@pytest.mark.parametrize("key", ["two\nlines", "umläut", "tab\there"])
async def test_a_key_that_cannot_be_sent_is_not_shown(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ModelAuthError, match="cannot be sent in a header") as raised:
        await OpenAIProvider(PluginContext("openai")).complete(ModelRequest("gpt-5", []))
    assert key not in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"base_url": "ftp://x/v1"}, r"settings\.base_url is no http or https URL"),
        ({"base_url": "api.openai.com"}, "no http or https URL"),
        ({"base_url": "https://"}, "no http or https URL"),
        ({"base_url": "https://[::1/v1"}, "is no URL"),
        ({"base_url": "https://x:99999/v1"}, "is no URL"),
        ({"base_url": "https://x/v1\r\nHost: y"}, "no http or https URL"),
        ({"base_url": "https://x/v1?key=1"}, "holds a user, a query"),
        ({"base_url": "http://10.0.0.5/v1", "api_key": Secret("env:K")}, "unencrypted"),
        ({"base_url": "http://10.0.0.5/v1", "secret_headers": {"X": Secret("env:K")}}, "unencrypted"),
        ({"headers": {"X": "a\r\nY: b"}}, "cannot stand in a header"),
        ({"endpoints": {"groq": {}}}, r"endpoints\.groq: base_url is missing"),
        ({"endpoints": {"groq": {"base_url": "nowhere"}}}, r"endpoints\.groq\.base_url"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_used_are_named(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        OpenAIProvider(PluginContext("openai", settings=settings))


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as raised:
        endpoints({"base_url": "https://me:hunter2@x/v1"})
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "http://localhost:11434/v1", "api_key": Secret("env:K")},
        {"base_url": "http://127.0.0.1:1/v1", "api_key": Secret("env:K")},
        {"base_url": "http://10.0.0.5/v1"},
        {"base_url": "http://10.0.0.5/v1", "api_key": Secret("env:K"), "allow_plain_http": True},
    ],
    ids=str,
)
def test_plain_http_where_it_is_no_danger(settings: dict[str, Any]) -> None:
    assert endpoints(settings)[""].base_url == settings["base_url"]


def test_timeouts_come_from_the_endpoint_then_the_plugin() -> None:
    found = endpoints(
        {
            "timeouts": {"total": 9.0, "connect": 2.0},
            "endpoints": {"x": {"base_url": REMOTE, "timeouts": {"total": 1.0}}},
        }
    )
    assert (found[""].timeouts.total, found["x"].timeouts.total, found["x"].timeouts.connect) == (9.0, 1.0, 2.0)
    assert found[""].base_url == VENDOR_URL


def test_the_schema_fits_the_code() -> None:
    validator = jsonschema_rs.validator_for(MANIFEST.settings_schema or {})
    validator.validate({"timeouts": {"total": 5}, "endpoints": {"groq": {"base_url": REMOTE, "api_key": "env:GROQ"}}})
    for wrong in ({"api_keys": "x"}, {"endpoints": {"a/b": {"base_url": REMOTE}}}, {"timeouts": {"total": 0}}):
        assert not validator.is_valid(wrong)


async def test_proxies_of_the_environment_are_not_used_unasked(
    make: Callable[..., OpenAIProvider], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/v1"))
    monkeypatch.setenv("NO_PROXY", "")
    assert (await make(base_url=server.url).complete(ModelRequest("m", []))).message.text == "hello"
    assert server.last.path == "/v1/chat/completions"


async def test_proxies_are_used_when_asked_for(
    make: Callable[..., OpenAIProvider], server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/v1"))
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/v1"))
    provider = make(base_url="http://models.invalid/v1", trust_env=True)
    assert (await provider.complete(ModelRequest("m", []))).message.text == "hello"
    assert server.last.headers["Host"] == "models.invalid"


def test_making_the_provider_imports_no_http_client() -> None:
    code = (
        "import sys; from lumosai_sdk.types.plugins import PluginContext;"
        "from lumosai_plugins.openai.provider import OpenAIProvider; OpenAIProvider(PluginContext('openai'));"
        "sys.exit('aiohttp' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
