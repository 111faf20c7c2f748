"""The vendors there are, what each may be told in the settings, and which package brings it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lumosai_sdk.errors import ConfigError, ModelError
from lumosai_sdk.remote import is_loopback

SETTINGS = "plugins.multi.settings.vendors"


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor: the extra of pydantic-ai-slim it needs, the variables it takes keys from, the settings it knows."""

    extra: str
    variables: tuple[str, ...]
    settings: Mapping[str, str]

    def has_key(self) -> bool:
        """Tell whether the environment holds a key."""
        return any(os.environ.get(v) for v in self.variables)


_KEY = {"api_key": "api_key"}
_KEY_AND_URL = {"api_key": "api_key", "base_url": "base_url"}
_AWS = ("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE")
VENDORS: Mapping[str, Vendor] = {
    "anthropic": Vendor("anthropic", ("ANTHROPIC_API_KEY",), _KEY_AND_URL),
    "bedrock": Vendor("bedrock", _AWS, {**_KEY_AND_URL, "region": "region_name", "profile": "profile_name"}),
    "cohere": Vendor("cohere", ("CO_API_KEY",), _KEY),
    "google": Vendor("google", ("GOOGLE_API_KEY", "GEMINI_API_KEY"), _KEY_AND_URL),
    "google-cloud": Vendor(
        "google", ("GOOGLE_APPLICATION_CREDENTIALS",), {**_KEY, "project": "project", "location": "location"}
    ),
    "groq": Vendor("groq", ("GROQ_API_KEY",), _KEY_AND_URL),
    "huggingface": Vendor("huggingface", ("HF_TOKEN",), _KEY_AND_URL),
    "mistral": Vendor("mistral", ("MISTRAL_API_KEY",), _KEY_AND_URL),
    "xai": Vendor("xai", ("XAI_API_KEY",), _KEY),
}


def split(model: str) -> tuple[str, str]:
    """Return vendor and name of ``vendor:name``. Raises ModelError for a vendor that is not one of ours."""
    vendor, colon, name = model.partition(":")
    if not colon or not name or vendor not in VENDORS:
        raise ModelError(
            f"multi/{model} names no vendor; there are: {', '.join(VENDORS)}",
            hint="write multi/<vendor>:<model>; for OpenAI-compatible servers use openai/<endpoint>/<model>",
        )
    return vendor, name


def check(tables: Mapping[str, Mapping[str, Any]]) -> None:
    """Check the settings of the vendors. Raises ConfigError naming the key that is wrong."""
    for name, table in tables.items():
        where = f"{SETTINGS}.{name}"
        if (vendor := VENDORS.get(name)) is None:
            raise ConfigError(f"{where}: no such vendor; there are: {', '.join(VENDORS)}")
        for key in table:
            if key not in {*vendor.settings, "models"}:
                raise ConfigError(f"{where}.{key}: {name} knows {', '.join([*vendor.settings, 'models'])}")
        if "base_url" in table:
            _check_url(table["base_url"], where)
            if "api_key" not in table:
                raise ConfigError(
                    f"{where}: base_url without api_key would send the vendor's own key there",
                    hint=f'set {where}.api_key = "env:NAME"',
                )


def _check_url(url: str, where: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.port != 0 and parts.scheme in {"http", "https"} and parts.hostname and url.isprintable()
    except ValueError:
        raise ConfigError(f"{where}.base_url is no URL") from None
    if not usable or "@" in parts.netloc:
        raise ConfigError(f"{where}.base_url is no plain http or https URL", hint='write it as "https://host"')
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ConfigError(f"{where}: the key would be sent to {url} unencrypted", hint="use https")
