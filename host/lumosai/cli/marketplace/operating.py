"""What the subcommands share: the settings, and an operator of the open service."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar

from lumosai_sdk.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from lumosai_marketplace.service.operating import Operator
    from lumosai_marketplace.service.settings import Settings
    from lumosai_marketplace.service.state import Service

T = TypeVar("T")


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return the settings. Raises ConfigError, MissingExtraError without the extra ``marketplace-server``."""
    if any(find_spec(name) is None for name in ("fastapi", "sqlalchemy", "alembic", "obstore", "sigstore", "tuf")):
        raise MissingExtraError("an index of one's own", "marketplace-server")
    from lumosai_marketplace.service.loading import load

    return load(arguments.config)


def operate(arguments: argparse.Namespace, work: Callable[[Operator], Coroutine[Any, Any, T]]) -> T:
    """Do *work* as whoever types. Raises LumosError."""

    async def operating(service: Service) -> T:
        from lumosai_marketplace.service.operating import Operator

        return await work(Operator(service, me()))

    return with_service(arguments, operating)


def with_service(arguments: argparse.Namespace, work: Callable[[Service], Coroutine[Any, Any, T]]) -> T:
    """Do *work* with the open service. Raises LumosError."""
    from lumosai.cli.hosting import run_async

    settings = settings_of(arguments)

    async def main() -> T:
        from lumosai_marketplace.service.opening import opened

        async with opened(settings) as service:
            return await work(service)

    return run_async(main)


def need(arguments: argparse.Namespace, what: str = "name") -> str:
    """Return an argument that this action cannot do without. Raises InputError."""
    value = getattr(arguments, what)
    if not value:
        command = f"lumos marketplace {arguments.subcommand} --help"
        raise InputError(f"{arguments.subcommand} {arguments.action} needs a {what}", hint=command)
    return str(value)


def checked(make: Callable[[], T], hint: str | None = None) -> T:
    """Make something of arguments. Raises InputError for what they cannot be; *hint* says what they could be."""
    from pydantic import ValidationError

    try:
        return make()
    except ValidationError as e:
        said = [_said(err) for err in e.errors(include_url=False)]
        raise InputError("; ".join(said), hint=hint) from None


def _said(error: ErrorDetails) -> str:
    """Return in words what pydantic found; a pattern is for machines."""
    where = ".".join(str(p) for p in error["loc"])
    if error["type"] == "string_pattern_mismatch":
        return f"{where}: {str(error['input'])[:80]!r} is not of the form that it has"
    return f"{where}: {error['msg'].removeprefix('Value error, ')}"


def me() -> str:
    """Return who types, as the system knows them."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
