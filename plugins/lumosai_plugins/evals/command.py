"""``lumos eval``: run, list, show, compare, report, and the datasets."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from lumosai_sdk.decorators import command

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext

_SUBCOMMANDS = "run|list|show|compare|report|delete|scorers|dataset"
_WHICH = "its id, the beginning of it, or latest"


@command("evals.eval")
class EvalCommand:
    """Evaluates agents. The exit code of ``run`` is 1 where less is reached than wanted."""

    def __init__(self, context: PluginContext) -> None:
        """Nothing is read before the command runs."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the subcommands."""
        group = parser.add_subparsers(dest="subcommand", required=True, metavar=_SUBCOMMANDS, help="what to do")
        _run(group.add_parser("run", help="run an agent over a dataset and score its answers"))
        listed = _with_json(group.add_parser("list", help="list experiments, newest first"))
        listed.add_argument("--limit", type=int, default=20, metavar="N", help="as many at most; default: 20")
        show = _with_json(group.add_parser("show", help="show an experiment"))
        show.add_argument("experiment", nargs="?", default="latest", help=_WHICH)
        show.add_argument("--items", action="store_true", help="show each item")
        compare = _with_json(group.add_parser("compare", help="show how two experiments differ"))
        compare.add_argument("base", help=f"the experiment to compare with: {_WHICH}")
        compare.add_argument("other", nargs="?", default="latest", help=_WHICH)
        report = group.add_parser("report", help="write an experiment as one HTML file")
        report.add_argument("experiment", nargs="?", default="latest", help=_WHICH)
        report.add_argument("--out", required=True, metavar="FILE", help="the file to write")
        report.add_argument("--baseline", metavar="EXPERIMENT", help="show how it differs from this one, too")
        delete = group.add_parser("delete", help="delete an experiment; its runs stay")
        delete.add_argument("experiment", help=_WHICH)
        _with_json(group.add_parser("scorers", help="list the scorers there are"))
        _dataset(group.add_parser("dataset", help="keep datasets").add_subparsers(
            dest="action", required=True, metavar="import|export|list|versions|show|delete", help="what to do"
        ))  # fmt: skip

    async def run(self, arguments: Namespace, context: PluginContext) -> int:
        """Do it. Raises LumosError."""
        from lumosai_plugins.evals import doing, keeping

        does: Mapping[str, Callable[[Namespace, PluginContext], Awaitable[int]]] = {
            "run": doing.run,
            "list": doing.listed,
            "show": doing.shown,
            "compare": doing.compare,
            "report": doing.report,
            "delete": doing.delete,
            "scorers": doing.scorers,
            "dataset": keeping.dataset,
        }
        return await does[arguments.subcommand](arguments, context)


def _with_json(parser: ArgumentParser) -> ArgumentParser:
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _run(parser: ArgumentParser) -> None:
    _with_json(parser)
    parser.add_argument(
        "suite", nargs="?", metavar="SUITE", help="the suite's file; default: evals.toml, if there is one"
    )
    parser.add_argument("--agent", metavar="AGENT", help="the agent to run")
    parser.add_argument(
        "--dataset", metavar="DATASET", help="a .csv or .jsonl file, or NAME or NAME@VERSION that is kept"
    )
    parser.add_argument("--scorer", action="append", default=[], metavar="ID", help="a scorer; may be given repeatedly")
    parser.add_argument("--concurrency", type=int, metavar="N", help="runs at a time; default: 4")
    parser.add_argument(
        "--fail-under",
        action="append",
        default=[],
        metavar="[SCORER=]X",
        help="exit with 1 when the mean of all scorers, or of one, is below X",
    )
    parser.add_argument("--baseline", metavar="EXPERIMENT", help="compare with this one; exit with 1 when surely worse")
    parser.add_argument("--resume", metavar="EXPERIMENT", help="go on with one that was cut off")
    parser.add_argument("--note", default="", metavar="TEXT", help="what is tried, kept with the experiment")


def _dataset(group: Any) -> None:
    made = {name: group.add_parser(name, help=text) for name, text in _ACTIONS.items()}
    made["import"].add_argument("file", metavar="FILE", help="a .csv or .jsonl file")
    made["import"].add_argument("--name", metavar="NAME", help="the dataset's name; default: that of the file")
    made["import"].add_argument("--note", default="", metavar="TEXT", help="what changed, kept with the version")
    for name in ("export", "versions", "show", "delete"):
        made[name].add_argument("dataset", metavar="NAME[@VERSION]", help="which")
    made["export"].add_argument("file", metavar="FILE", help="the .csv or .jsonl file to write")
    for name in ("list", "versions", "show", "import"):
        _with_json(made[name])


_ACTIONS = {
    "import": "keep the items of a file as the next version",
    "export": "write the items of a version to a file",
    "list": "list the datasets",
    "versions": "list the versions of one",
    "show": "show the items of one",
    "delete": "delete one with all its versions",
}
