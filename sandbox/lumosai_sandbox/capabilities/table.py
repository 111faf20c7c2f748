"""All functions of ``host.wit`` for one plugin."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from lumosai_sandbox.capabilities import small
from lumosai_sandbox.capabilities.denials import Denials
from lumosai_sandbox.capabilities.events import Events
from lumosai_sandbox.capabilities.files import Files
from lumosai_sandbox.capabilities.kv import KeyValues
from lumosai_sandbox.capabilities.log import Log
from lumosai_sandbox.capabilities.models import Models
from lumosai_sandbox.capabilities.plugin import Function, Functions, Rights
from lumosai_sandbox.capabilities.secrets import Secrets
from lumosai_sandbox.capabilities.tools import Tools
from lumosai_sandbox.limits import Limits
from lumosai_sdk.errors import InputError, LumosError, PermissionDeniedError
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.wireerrors import FarError

if TYPE_CHECKING:
    from lumosai_sandbox.capabilities.http.functions import Http
    from lumosai_sandbox.capabilities.http.guard import Lookup

LOG_LIMIT = Limits().log
_log = logging.getLogger("lumosai.sandbox")


class Capabilities:
    """What one plugin's code may ask for: ``await capabilities("kv.get", ("key",), caller)``.

    *context* holds the plugin's rights, settings and the host's services; *log_limit* is in bytes for each call of the
    plugin; *lookup* resolves host names. Belongs to one event loop. Whoever runs a call says ``release`` at its end,
    and ``aclose`` when the plugin is given up.
    """

    def __init__(self, context: PluginContext, *, log_limit: int = LOG_LIMIT, lookup: Lookup | None = None) -> None:
        rights = self._rights = Rights(context)
        self._secrets = Secrets(rights)
        self._lookup = lookup
        self._plugin = context.name
        self._denials = Denials(context)
        self._http: Http | None = None
        self._log_lines = Log(context, log_limit)
        self._events = Events(context)
        self._table: dict[str, tuple[int, Function]] = {
            **small.functions(rights),
            **self._secrets.functions(),
            **self._http_functions(),
            **self._log_lines.functions(),
            **self._events.functions(),
            **KeyValues(rights).functions(),
            **Files(rights).functions(),
            **Models(rights).functions(),
            **Tools(rights).functions(),
        }

    def _http_functions(self) -> Functions:
        """Return the functions of ``http``, whose client is only imported when it is needed."""

        async def ask(name: str, caller: Caller, text: str) -> str:
            if self._http is None:
                from lumosai_sandbox.capabilities.http.functions import Http

                self._http = Http(self._rights, self._secrets, self._lookup)
            return await self._http.functions()[name][1](caller, text)

        names = ("http.fetch", "http.open", "http.read", "http.close")
        return {name: (1, partial(ask, name)) for name in names}

    @property
    def functions(self) -> Mapping[str, int]:
        """The functions there are, and how many texts each takes."""
        return {name: count for name, (count, _) in self._table.items()}

    async def __call__(self, function: str, texts: tuple[str, ...], caller: Caller) -> str:
        """Return the answer as JSON. Raises LumosError, which says nothing that the plugin may not know."""
        entry = self._table.get(function)
        if entry is None or entry[0] != len(texts):
            raise InputError(f"the host has no function {function[:80]!r} of {len(texts)} texts")
        try:
            return await entry[1](caller, *texts)
        except PermissionDeniedError as e:
            self._denials.tell(function, e, caller)
            raise
        except LumosError:
            raise
        except Exception as e:  # noqa: BLE001 - whatever it is, the plugin must not learn of it
            raise self._failed(function, e) from None

    def _failed(self, function: str, error: Exception) -> LumosError:
        """Log where the host failed, without the words of the error: they may hold what was on its way."""
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{frame.filename}:{frame.lineno}"
        _log.error("plugin %r: %s failed in the host: %s at %s", self._plugin, function, type(error).__name__, where)
        return FarError("internal", f"{function} failed in the host")

    async def release(self, caller: Caller) -> None:
        """Close what a call that ended left open, and forget what was counted for it."""
        self._log_lines.release(caller)
        self._events.release(caller)
        if self._http is not None:
            await self._http.release(caller)

    async def aclose(self) -> None:
        """Let go of connections."""
        if self._http is not None:
            await self._http.aclose()
