"""The ``command`` kind."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Protocol, runtime_checkable

from lumosai_sdk.types.plugins import PluginContext


@runtime_checkable
class Command(Protocol):
    """A subcommand, ``lumos <last part of its id>``."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command's options."""
        ...

    def run(self, arguments: Namespace, context: PluginContext) -> int:
        """Do it; returns the exit code. Raises LumosError for what the person should be told."""
        ...
