"""The vendors' clients: made on first use, one set an event loop, and asked through pydantic-ai's direct interface."""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model, known_model_names
from pydantic_ai.providers import Provider, infer_provider_class

from lumosai_plugins.multi import answers, convert
from lumosai_plugins.multi.failures import key_hint, translate
from lumosai_plugins.multi.vendors import SETTINGS, VENDORS, split
from lumosai_sdk.errors import ConfigError, MissingExtraError, ModelAuthError
from lumosai_sdk.remote import blanked
from lumosai_sdk.types.models import ModelChunk, ModelRequest, ModelResponse

_MAX_MODELS = 256


@dataclass(slots=True)
class _Clients:
    providers: dict[str, Provider[Any]] = field(default_factory=dict)
    models: dict[str, Model[Any]] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Engine:
    """Asks models. *vendors* are the settings by vendor, *timeout* the seconds a request may take."""

    def __init__(self, vendors: Mapping[str, Mapping[str, Any]], timeout: float, *, priced: bool) -> None:
        self._vendors = vendors
        self._timeout = timeout
        self._priced = priced
        self._clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Clients] = weakref.WeakKeyDictionary()
        self._secrets: set[str] = set()

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Return the whole answer. Raises ModelError."""
        model = await self._model(request.model)
        asked = self._asked(request, model)
        try:
            answer = await model_request(model, **asked)
            return answers.response(answer, request.model, priced=self._priced)
        except Exception as e:  # noqa: BLE001 - a vendor's SDK raises what it likes over what its server sends
            raise translate(e, request.model, [*self._secrets]) from None

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelChunk, None]:
        """Yield the answer as it comes. Raises ModelError."""
        model = await self._model(request.model)
        asked = self._asked(request, model)
        chunks = answers.Chunks(request.model, priced=self._priced)
        try:
            async with model_request_stream(model, **asked) as stream:
                async for event in stream:
                    if chunk := chunks.take(event):
                        yield chunk
                yield chunks.last(stream)
        except Exception as e:  # noqa: BLE001 - as above
            raise translate(e, request.model, [*self._secrets]) from None

    def _asked(self, request: ModelRequest, model: Model[Any]) -> dict[str, Any]:
        return {
            "messages": convert.messages(request),
            "model_settings": convert.settings(request, self._timeout),
            "model_request_parameters": convert.parameters(request, model),
        }

    @staticmethod
    def known(vendor: str) -> list[str]:
        """Return the models of a vendor that pydantic-ai knows by name."""
        prefix = f"{vendor}:"
        return [name for name in known_model_names() if name.startswith(prefix)]

    async def aclose(self) -> None:
        """Close the clients of this event loop; those of others cannot be reached from here."""
        clients = self._clients.pop(asyncio.get_running_loop(), _Clients())
        for provider in clients.providers.values():
            with suppress(RuntimeError):
                await provider.__aexit__(None, None, None)

    async def _model(self, ref: str) -> Model[Any]:
        clients = self._clients.setdefault(asyncio.get_running_loop(), _Clients())
        if (model := clients.models.get(ref)) is not None:
            return model
        vendor, _ = split(ref)
        async with clients.lock:
            if (provider := clients.providers.get(vendor)) is None:
                provider = await asyncio.to_thread(self._provider, vendor)
                await provider.__aenter__()
                clients.providers[vendor] = provider
        try:
            model = infer_model(ref, lambda _: provider)
        except ImportError:
            raise _missing(vendor) from None
        except UserError as e:
            raise translate(e, ref, [*self._secrets]) from None
        if len(clients.models) < _MAX_MODELS:
            clients.models[ref] = model
        return model

    def _provider(self, vendor: str) -> Provider[Any]:
        """Make a vendor's client. Imports its SDK, which takes seconds."""
        arguments = self._arguments(vendor)
        try:
            return infer_provider_class(vendor)(**arguments)
        except ImportError:
            raise _missing(vendor) from None
        except (UserError, ValueError) as e:
            raise ModelAuthError(
                f"{vendor} cannot be used: {blanked(str(e), [*self._secrets])}", hint=key_hint(vendor)
            ) from None

    def _arguments(self, vendor: str) -> dict[str, Any]:
        table = self._vendors.get(vendor, {})
        out = {name: table[key] for key, name in VENDORS[vendor].settings.items() if key in table}
        if "api_key" in out:
            try:
                out["api_key"] = out["api_key"].reveal()
            except ConfigError as e:
                raise ModelAuthError(f"{SETTINGS}.{vendor}.api_key: {e.message}", hint=e.hint) from None
            self._secrets.add(out["api_key"])
        self._secrets |= {value for v in VENDORS[vendor].variables if (value := os.environ.get(v))}
        return out


def _missing(vendor: str) -> MissingExtraError:
    extra = VENDORS[vendor].extra
    error = MissingExtraError(f"the vendor {vendor} of the multi plugin", f"pydantic-ai-slim[{extra}]")
    error.hint = f"pip install 'pydantic-ai-slim[{extra}]'"
    return error
