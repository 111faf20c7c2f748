"""A command: ``lumos moon``, named by the last part of its id."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace

from lumosai_moon.report import in_words, moon_on, read_date
from lumosai_sdk import PluginContext, command


@command("moon.moon")
class Moon:
    """Tells the phase of the moon."""

    def __init__(self, context: PluginContext) -> None:
        self._log = context.log

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--date", default="", metavar="YYYY-MM-DD", help="the date (default: today)")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def run(self, arguments: Namespace, context: PluginContext) -> int:  # noqa: ARG002 - the host's call
        """Print the moon of the date. Raises InputError, which the command line shows."""
        report = moon_on(read_date(arguments.date))
        self._log.debug("told the moon of %s", report["date"])
        text = json.dumps(report, ensure_ascii=False) if arguments.json else in_words(report)
        sys.stdout.write(text + "\n")
        return 0
