"""What a plugin may ask its host for, in the sandbox and natively: ``from lumosai_sdk import host``.

Each module is a right, which the manifest asks for and the owner of the host grants. All functions are plain, not
``async``: natively they are called from plain functions, which the host runs in threads. They raise
PermissionDeniedError for what was not granted, InputError for what is malformed, NotFoundError or ConflictError where
that is the answer, FarError (``kind``: ``limit``, ``timeout``, ``unavailable``, ``internal``) for the rest.

Standard library only, as it is compiled into guests.
"""

from __future__ import annotations

from lumosai_sdk.host import clock, config, env, events, files, http, kv, log, model, random, secrets, tools

__all__ = [
    "clock",
    "config",
    "env",
    "events",
    "files",
    "http",
    "kv",
    "log",
    "model",
    "random",
    "secrets",
    "tools",
]
