"""``lumos marketplace rotate-keys``: a new key for a part of the private sigstore instance."""

from __future__ import annotations

import argparse

from lumosai.cli.marketplace.operating import operate
from lumosai.cli.output import say, say_json


def run(arguments: argparse.Namespace) -> int:
    """Rotate, and publish the new trust root. Raises LumosError."""
    operate(arguments, lambda operator: operator.rotate(arguments.part, retire=arguments.retire))
    if arguments.json:
        say_json({"part": arguments.part, "retired": arguments.retire})
    else:
        before = "earlier keys are trusted no longer" if arguments.retire else "what earlier keys signed stays trusted"
        say(f"{arguments.part} signs with a new key; {before}")
    return 0
