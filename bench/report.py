"""The tables, 80 columns wide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bench.overhead import OURS, Figure
from bench.protocol import PEER_RATIO_TARGET, Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WIDTH: Final = 80
US: Final = "\N{MICRO SIGN}s"


def cell_lines(cell: Cell, figures: Mapping[str, Figure]) -> list[str]:
    """Return the table of one cell: each subject's CPU and wall time a run, and its ratio to LumosAI."""
    lines = [heading(cell.title), f"{'':16}{'CPU ' + US:>10}{'p10 .. p90':>21}{'wall ' + US:>11}{'x lumos':>10}"]
    for name, figure in figures.items():
        spread = f"{figure.p10_us:,.0f} .. {figure.p90_us:,.0f}"
        ratio = "-" if figure.ratio is None else f"{figure.ratio:.1f}"
        lines.append(f"  {name:14}{figure.cpu_us:>10,.1f}{spread:>21}{figure.wall_us:>11,.1f}{ratio:>10}")
    return [*lines, *target_lines(cell, figures)]


def target_lines(cell: Cell, figures: Mapping[str, Figure]) -> list[str]:
    """Return the targets beside what was measured; none for a cell without targets or a run without LumosAI."""
    ours = figures.get(OURS)
    if cell.target_us is None or ours is None:
        return []
    lines = [
        target(
            "CPU a run", f"{ours.cpu_us:.1f} {US}", f"<= {cell.target_us:.0f} {US}", met=ours.cpu_us <= cell.target_us
        )
    ]
    peers = {name: figure.ratio for name, figure in figures.items() if name != OURS and figure.ratio is not None}
    if peers:
        fastest = min(peers, key=peers.__getitem__)
        ratio = peers[fastest]
        label = f"fastest peer ({fastest})"
        lines.append(target(label, f"{ratio:.1f}x", f">= {PEER_RATIO_TARGET:.0f}x", met=ratio >= PEER_RATIO_TARGET))
    return lines


def target(label: str, measured: str, wanted: str, *, met: bool) -> str:
    """Return one line that sets a target beside the figure."""
    return f"    {label:32}{measured:>12}   target {wanted:10} {'met' if met else 'MISSED'}"


def heading(title: str) -> str:
    """Return a section's title, ruled to the width."""
    return f"\n-- {title} ".ljust(WIDTH + 1, "-")


def version_lines(records: Iterable[Mapping[str, Mapping[str, str]]]) -> list[str]:
    """Return the versions of all that was measured, wrapped to the width."""
    versions: dict[str, str] = {}
    for record in records:
        versions.update(record["versions"])
    lines, line = [], ""
    for item in (f"{name} {version}" for name, version in versions.items()):
        if line and len(line) + len(item) + 2 > WIDTH:
            lines.append(line)
            line = ""
        line = f"{line}, {item}" if line else item
    return [*lines, line]
