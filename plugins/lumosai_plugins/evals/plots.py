"""Plots as SVG that stands in a page: no script, colours by the page's style sheet."""

from __future__ import annotations

from collections.abc import Sequence

from lumosai_plugins.evals.markup import text

_WIDTH = 260
_HEIGHT = 84
_BINS = 10
_ROW = 34


def histogram(values: Sequence[float], low: float, high: float, unit: str = "") -> str:
    """Return how values are spread from *low* to *high*, in ten bars with their counts."""
    counts = [0] * _BINS
    span = (high - low) or 1.0
    for value in values:
        counts[min(max(int((value - low) / span * _BINS), 0), _BINS - 1)] += 1
    most = max(*counts, 1)
    step = _WIDTH / _BINS
    bars = [_bar(i * step, step, count, most, i) for i, count in enumerate(counts)]
    ends = (
        f'<text x="0" y="{_HEIGHT + 30}">{low:g}{text(unit)}</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT + 30}" class="end">{high:g}{text(unit)}</text>'
    )
    label = f"Histogram: {', '.join(map(str, counts))}"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + 34}" role="img" aria-label="{text(label)}">'
        f'<line x1="0" x2="{_WIDTH}" y1="{_HEIGHT + 14}" y2="{_HEIGHT + 14}" class="axis"/>{"".join(bars)}{ends}</svg>'
    )


def _bar(x: float, step: float, count: int, most: int, place: int) -> str:
    height = _HEIGHT * count / most
    if not count:
        return ""
    top = _HEIGHT + 14 - height
    return (
        f'<rect x="{x + 1.5:.1f}" y="{top:.1f}" width="{step - 3:.1f}" height="{height:.1f}" rx="2" '
        f'class="bar"><title>{count} in bar {place + 1} of {_BINS}</title></rect>'
        f'<text x="{x + step / 2:.1f}" y="{top - 3:.1f}" class="mid">{count}</text>'
    )


def meter(value: float | None) -> str:
    """Return a score as a bar from 0 to 1."""
    if value is None:
        return '<span class="dim">\N{EN DASH}</span>'
    width = 100 * min(max(value, 0.0), 1.0)
    bar = '<rect width="{}" height="8" rx="4" class="{}"/>'
    parts = bar.format(100, "track") + bar.format(f"{width:.1f}", grade(value))
    return f'<svg viewBox="0 0 100 8" class="meter" preserveAspectRatio="none" aria-hidden="true">{parts}</svg>'


def grade(value: float) -> str:
    """Return the class of a score: good, fair or poor."""
    return "good" if value >= 0.8 else "fair" if value >= 0.5 else "poor"  # noqa: PLR2004 - the two lines between three


def intervals(rows: Sequence[tuple[str, float, float, float]]) -> str:
    """Return differences with their intervals around 0, a row each: name, difference, low, high."""
    reach = max([0.05, *(max(abs(low), abs(high), abs(d)) for _, d, low, high in rows)]) * 1.1
    height = _ROW * len(rows) + 24

    def at(value: float) -> float:
        return 340 + 250 * value / reach

    parts = [f'<line x1="{at(0):.1f}" x2="{at(0):.1f}" y1="4" y2="{height - 20}" class="axis"/>']
    for i, (name, d, low, high) in enumerate(rows):
        y = _ROW * i + 20
        kind = "good" if low > 0 else "poor" if high < 0 else "same"
        parts.append(
            f'<text x="0" y="{y + 4}">{text(name[:40])}</text>'
            f'<line x1="{at(low):.1f}" x2="{at(high):.1f}" y1="{y}" y2="{y}" class="range {kind}-line"/>'
            f'<circle cx="{at(d):.1f}" cy="{y}" r="5" class="{kind}"/>'
            f'<text x="700" y="{y + 4}" class="end">{d:+.3f}</text>'
        )
    parts += [f'<text x="{at(v):.1f}" y="{height - 4}" class="mid">{v:+.2f}</text>' for v in (-reach, reach)] + [
        f'<text x="{at(0):.1f}" y="{height - 4}" class="mid">0</text>'
    ]
    label = 'role="img" aria-label="Differences with 95 % intervals"'
    return f'<svg viewBox="0 0 710 {height}" {label}>{"".join(parts)}</svg>'
