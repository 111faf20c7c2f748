"""The ``command`` kind."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any, Protocol, runtime_checkable

from lumosai_sdk.types.plugins import PluginContext


@runtime_checkable
class Command(Protocol):
    """A subcommand, ``lumos <last part of its id>``."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command's options."""
        ...

    def run(self, arguments: Namespace, context: PluginContext) -> Any:
        """Do it; returns the exit code. Raises LumosError for what the person should be told.

        Where the manifest says ``host = true`` it is an ``async def``, a host has been started for it, and
        ``context.host`` is that one (TrustedServices).
        """
        ...
