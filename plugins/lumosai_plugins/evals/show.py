"""Results as text of 80 columns."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from lumosai_sdk import safe

WIDTH = 80
_BAR = 24


def cut(text: object, width: int) -> str:
    """Return one line of at most that many characters."""
    line = safe.line(text)
    return line if len(line) <= width else f"{line[: max(width - 1, 0)]}\N{HORIZONTAL ELLIPSIS}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: int) -> str:
    """Return a table whose last *numbers* columns are set to the right; the first one gives way to 80 columns."""
    every = [header, *rows]
    widths = [max(len(r[i]) for r in every) for i in range(len(header))]
    widths[0] = min(widths[0], max(WIDTH - sum(widths[1:]) - 2 * (len(widths) - 1), 8))
    lefts = len(header) - numbers
    lines = []
    for row in every:
        cells = [cut(c, w) for c, w in zip(row, widths, strict=True)]
        lines.append(
            "  ".join(
                c.ljust(w) if i < lefts else c.rjust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True))
            ).rstrip()
        )
    return "\n".join(lines)


def number(value: float | None) -> str:
    """Return a score as it is shown."""
    return "-" if value is None else f"{value:.3f}"


def when(at: float) -> str:
    """Return a time, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(at))


def experiment(told: Mapping[str, Any]) -> str:
    """Return an experiment with what its results come to."""
    found = told["summary"]
    head = f"{told['id']}  {told['agent']} on {told['dataset']}"
    rows = [
        [s, number(v["mean"]), number(v["p10"]), str(v["count"]), str(v["failures"])]
        for s, v in found["scorers"].items()
    ]
    parts = [head, table(["scorer", "mean", "p10", "count", "errors"], rows, 4), totals(told)]
    if told["status"] != "complete":
        parts.append(f"incomplete: lumos eval run --resume {told['id']}")
    return "\n".join(parts)


def totals(told: Mapping[str, Any]) -> str:
    """Return the line below the table."""
    found = told["summary"]
    seconds = found["seconds"]
    parts = [f"score {number(found['score'])}", f"{found['items']} of {told['items']} items"]
    if found["failed"]:
        parts.append(f"{found['failed']} failed")
    parts.append(f"{found['input_tokens'] + found['output_tokens']} tokens")
    if found["cost"] is not None:
        parts.append(f"${found['cost']:.4f}")
    parts.append(f"p50 {seconds['p50']:.2f} s, p95 {seconds['p95']:.2f} s")
    return " · ".join(parts)


def items(results: Sequence[Mapping[str, Any]], scorers: Sequence[str]) -> str:
    """Return each item with its scores, and why they are not 1."""
    lines: list[str] = []
    for result in results:
        lines.append(f"\n{cut(result['item'], 30)}  {cut(result['input'], WIDTH - 34)}")
        if "error" in result:
            lines.append(f"  \N{BALLOT X} {cut(result['error'].get('message', ''), WIDTH - 4)}")
            continue
        lines.append(f"  \N{RIGHTWARDS ARROW} {cut(result['output'], WIDTH - 4)}")
        lines += [_score(s, result["scores"][s]) for s in scorers if s in result["scores"]]
    return "\n".join(lines)


def _score(scorer: str, score: Mapping[str, Any]) -> str:
    why = score["error"].get("message", "") if "error" in score else score.get("reason", "")
    head = f"  {number(score['value']):5}  {cut(scorer, 26)}  "
    return f"{head}{cut(why, WIDTH - len(head))}"


def listing(told: Sequence[Mapping[str, Any]]) -> str:
    """Return experiments, a line each."""
    rows = [
        [
            t["id"],
            t["agent"],
            t["dataset"],
            when(t["created_at"]),
            f"{t['summary']['items']}/{t['items']}",
            number(t["summary"]["score"]),
        ]
        for t in told
    ]
    rows = [[row[0], *(cut(c, 16) for c in row[1:3]), *row[3:]] for row in rows]
    return table(["experiment", "agent", "dataset", "begun (UTC)", "items", "score"], rows, 2)


def comparison(base: str, other: str, found: Mapping[str, Any], most: int = 5) -> str:
    """Return how an experiment differs from another: by scorer, then the items that lost and won the most."""
    rows, changes = [], []
    for scorer, d in found["scorers"].items():
        if not d["count"]:
            rows.append([scorer, "-", "-", "-", "-", "-"])
            continue
        spread = f"{d['difference']:+.3f} [{d['interval'][0]:+.2f}, {d['interval'][1]:+.2f}]"
        rows.append([scorer, number(d["base"]), number(d["other"]), spread, str(d["wins"]), str(d["losses"])])
        changes += [_change(scorer, c) for c in shown(d["changed"], most)]
    header = ["scorer", "base", "other", "difference [95 %]", "wins", "losses"]
    text = f"{base} \N{RIGHTWARDS ARROW} {other}, {found['items']} items\n{table(header, rows, 5)}"
    return "\n".join([text, *([""] if changes else []), *changes])


def shown(changed: Sequence[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    """Return the worst and the best of the items that changed."""
    return list(changed) if len(changed) <= 2 * most else [*changed[:most], *changed[-most:]]


def _change(scorer: str, change: Mapping[str, Any]) -> str:
    mark = "\N{UPWARDS ARROW}" if change["other"] > change["base"] else "\N{DOWNWARDS ARROW}"
    values = f"{number(change['base'])} \N{RIGHTWARDS ARROW} {number(change['other'])}"
    return f"{mark} {values}  {cut(scorer, 24)}  {cut(change['item'], 34)}"


class Progress:
    """A bar on stderr, if a person is there to see it."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self._total = max(total, 1)
        self._done = 0
        self._failed = 0
        self._shown = sys.stderr.isatty() and not quiet

    def __call__(self, result: Mapping[str, Any]) -> None:
        """Count a result, and draw."""
        self._done += 1
        self._failed += "error" in result
        if self._shown:
            full = _BAR * self._done // self._total
            bar = "\N{FULL BLOCK}" * full + "\N{LIGHT SHADE}" * (_BAR - full)
            failed = f"  {self._failed} failed" if self._failed else ""
            sys.stderr.write(f"\r{bar} {self._done}/{self._total}{failed}")
            sys.stderr.flush()

    def close(self) -> None:
        """Take the bar away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
