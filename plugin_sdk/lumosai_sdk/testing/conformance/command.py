"""What every command must do."""

# ruff: noqa: PLR2004, PT017, S101 - the class is a test
from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

import pytest

from lumosai_sdk.errors import LumosError
from lumosai_sdk.kinds.command import Command
from lumosai_sdk.types.plugins import PluginContext


class CommandConformance:
    """Subclass it, override ``command`` and ``arguments``; the rest has defaults."""

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def command(self) -> Any:
        """The command under test. Override it."""
        raise NotImplementedError

    @pytest.fixture
    def arguments(self) -> Sequence[str]:
        """Arguments with which the command succeeds."""
        return ()

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Sequence[str]]:
        """Arguments the command refuses."""
        return (["--no-such-option-conformance"],)

    @pytest.fixture
    def context(self) -> PluginContext:
        """The plugin's context."""
        return PluginContext("conformance")

    async def test_is_a_command(self, command: Any) -> None:
        """It has ``add_arguments`` and ``run``."""
        assert isinstance(command, Command)

    async def test_declares_its_options(self, command: Any) -> None:
        """Options can be declared again and again, leave ``--help`` alone, and every one says what it does."""
        assert "--help" in _parser(command).format_help()
        parser = _parser(command)
        for action in parser._actions:  # noqa: SLF001 - argparse has no public way to list them
            assert action.help, f"{action.dest} has no help"

    async def test_runs(
        self, command: Any, arguments: Sequence[str], context: PluginContext, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """It returns the exit code 0, and what it prints for people is not on stderr."""
        code = command.run(_parser(command).parse_args(arguments), context)
        assert code == 0
        assert not capsys.readouterr().err

    async def test_refuses_in_words(
        self,
        command: Any,
        refused_arguments: Sequence[Sequence[str]],
        context: PluginContext,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """Bad arguments end with argparse's exit code 2, another code that is no success, or a LumosError."""
        for arguments in refused_arguments:
            try:
                assert command.run(_parser(command).parse_args(arguments), context) > 0
            except SystemExit as e:
                assert e.code == 2
                assert capsys.readouterr().err.strip()
            except LumosError as e:
                assert e.message.strip()


def _parser(command: Any) -> ArgumentParser:
    parser = ArgumentParser("lumos conformance")
    command.add_arguments(parser)
    return parser
