"""An experiment as one HTML page that needs nothing else, and runs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lumosai_plugins.evals import plots
from lumosai_plugins.evals.markup import shown, text
from lumosai_plugins.evals.show import number, when
from lumosai_plugins.evals.stats import value_of
from lumosai_plugins.evals.style import STYLE

MOST_ITEMS = 2000
MOST_CHARACTERS = 4_000_000
_CUT = 4000
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

Result = Mapping[str, Any]


def page(told: Mapping[str, Any], results: Sequence[Result], comparison: Mapping[str, Any] | None) -> str:
    """Return the page of an experiment; *comparison* with a baseline, if there is one."""
    title = f"{told['agent']} on {told['dataset']}"
    parts = [
        f"<header><h1>{text(title)}</h1>{_facts(told)}</header>",
        _tiles(told),
        _scorers(told, results),
        _compared(comparison),
        _items(told, results),
        f"<footer>Experiment {text(told['id'])} · items {text(told['digest'][:12])} · lumos eval report</footer>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{text(_POLICY)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _facts(told: Mapping[str, Any]) -> str:
    note = f" · {text(told['note'])}" if told.get("note") else ""
    status = "" if told["status"] == "complete" else ' · <strong class="poor-text">incomplete</strong>'
    return f'<p class="dim">{text(when(told["created_at"]))} UTC{note}{status}</p>'


def _tiles(told: Mapping[str, Any]) -> str:
    found = told["summary"]
    cost = "\N{EN DASH}" if found["cost"] is None else f"${found['cost']:.4f}"
    tiles = [
        ("Score", number(found["score"]), "mean of the scorers"),
        ("Items", f"{found['items']}", f"of {told['items']}"),
        ("Failed runs", str(found["failed"]), "each scores 0"),
        ("Tokens", f"{found['input_tokens'] + found['output_tokens']:,}", f"{found['output_tokens']:,} of them out"),
        ("Cost", cost, "as far as known"),
        ("Latency", f"{found['seconds']['p50']:.2f} s", f"p95 {found['seconds']['p95']:.2f} s"),
    ]
    cells = "".join(
        f'<div class="tile"><span class="dim">{text(name)}</span><b>{text(value)}</b><small>{text(more)}</small></div>'
        for name, value, more in tiles
    )
    return f'<section class="tiles">{cells}</section>'


def _scorers(told: Mapping[str, Any], results: Sequence[Result]) -> str:
    cards = [_card(s, told["summary"]["scorers"][s], results) for s in told["scorers"]]
    seconds = [float(r["seconds"]) for r in results if "error" not in r]
    if seconds:
        plot = plots.histogram(seconds, 0.0, round(max(seconds), 2) or 0.01, " s")
        cards.append(f'<div class="card"><h3>Latency</h3>{plot}<p class="dim">seconds a run took</p></div>')
    return f'<section><h2>Scores</h2><div class="cards">{"".join(cards)}</div></section>'


def _card(scorer: str, found: Mapping[str, Any], results: Sequence[Result]) -> str:
    values = [v for r in results if (v := value_of(r, scorer)) is not None]
    errors = f' · <span class="poor-text">{found["failures"]} errors</span>' if found["failures"] else ""
    plot = plots.histogram(values, 0.0, 1.0) if values else '<p class="dim">no scores</p>'
    return (
        f'<div class="card"><h3>{text(scorer)}<b>{number(found["mean"])}</b></h3>{plots.meter(found["mean"])}{plot}'
        f'<p class="dim">p10 {number(found["p10"])} · {found["count"]} scored{errors}</p></div>'
    )


def _compared(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return ""
    with_scores = {s: d for s, d in found["scorers"].items() if d["count"]}
    if not with_scores:
        return '<section><h2>Baseline</h2><p class="dim">There are no items with scores in both.</p></section>'
    plot = plots.intervals([(s, d["difference"], *d["interval"]) for s, d in with_scores.items()])
    rows = "".join(
        f"<tr><td>{text(s)}</td><td>{number(d['base'])}</td><td>{number(d['other'])}</td><td>{d['wins']}</td>"
        f"<td>{d['losses']}</td><td>{d['ties']}</td></tr>"
        for s, d in with_scores.items()
    )
    head = "<tr><th>Scorer</th><th>Baseline</th><th>This</th><th>Wins</th><th>Losses</th><th>Ties</th></tr>"
    return (
        f'<section><h2>Against {text(found["base"])}</h2><div class="card wide">{plot}</div>'
        f'<div class="scroll"><table class="plain">{head}{rows}</table></div></section>'
    )


def _items(told: Mapping[str, Any], results: Sequence[Result]) -> str:
    scorers = told["scorers"]
    parts: list[str] = []
    size = 0
    for result in sorted(results, key=lambda r: _worst(r, scorers)):
        parts.append(_item(result, scorers))
        size += len(parts[-1])
        if len(parts) >= MOST_ITEMS or size > MOST_CHARACTERS:
            break
    left = len(results) - len(parts)
    more = f"<p>{left} more are not shown.</p>" if left else ""
    return f'<section><h2>Items</h2><p class="dim">The worst first.</p>{"".join(parts)}{more}</section>'


def _worst(result: Result, scorers: Sequence[str]) -> float:
    values = [v for s in scorers if (v := value_of(result, s)) is not None]
    return sum(values) / len(values) if values else 1.0


def _item(result: Result, scorers: Sequence[str]) -> str:
    chips = "".join(_chip(s, value_of(result, s)) for s in scorers)
    fields = [("Input", result["input"]), ("Answer", result["output"])]
    if result.get("expected") is not None:
        fields.append(("Expected", result["expected"]))
    if "error" in result:
        fields.append(("Error", result["error"].get("message", "")))
    told = "".join(f"<dt>{name}</dt><dd><pre>{shown(value, _CUT)}</pre></dd>" for name, value in fields)
    reasons = "".join(_reason(s, result["scores"][s]) for s in scorers if s in result["scores"])
    return (
        f'<details><summary><span class="name">{text(result["item"])}</span>'
        f'<span class="ask">{text(result["input"][:160])}</span><span class="chips">{chips}</span></summary>'
        f"<dl>{told}</dl>{f'<ul>{reasons}</ul>' if reasons else ''}"
        f'<p class="dim">run {text(result["run_id"])} · {result["seconds"]:.2f} s</p></details>'
    )


def _chip(scorer: str, value: float | None) -> str:
    kind = "none" if value is None else plots.grade(value)
    told = "\N{EN DASH}" if value is None else f"{value:.2f}"
    return f'<span class="chip {kind}-chip" title="{text(scorer)}">{told}</span>'


def _reason(scorer: str, score: Mapping[str, Any]) -> str:
    why = score["error"].get("message", "") if "error" in score else score.get("reason", "")
    verdicts = score.get("details", {}).get("verdicts") or []
    listed = "".join(
        f"<li>{text(v['verdict'])}: {text(v['statement'][:300])} <i class='dim'>{text(v['reason'][:300])}</i></li>"
        for v in verdicts
    )
    return (
        f"<li><b>{text(scorer)}</b> {number(score['value'])} {text(why)}{f'<ul>{listed}</ul>' if listed else ''}</li>"
    )
