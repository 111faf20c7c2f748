"""The tables of the load bench: what each service did at each number of connections, and LumosAI beside its peers."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Any, Final

from bench.load.subjects import OURS, SUBJECTS
from bench.report import US, heading, target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Record = dict[str, Any]

#: The targets, at the largest number of connections, of the better of one worker and two.
RATE, P50, P95, PEERS, MASTRA, TARGETED = 3000, 50, 100, 5, 6, 128
#: Milliseconds from which no fraction is shown.
EXACT: Final = 100
COLUMNS: Final = (
    ("runs/s", 7), ("p50 ms", 7), ("p95", 7), ("p99", 7),
    (f"CPU {US}", 8), ("MB", 5), ("errors", 7), ("runs x", 7), ("CPU x", 7),
)  # fmt: skip
#: Measured earlier, apart from this bench, on another day of such a machine: requests/s, p50, p95, CPU of one process.
MASTRA_FIGURES: Final = {32: (495, 63, 139, 2354), 128: (444, 107, 2113, 2518)}


def middle(records: Iterable[Record], key: str) -> float:
    """Return the median of a figure over the rounds."""
    return median(float(record[key]) for record in records)


def of(records: Iterable[Record], name: str, connections: int) -> list[Record]:
    """Return the records of one subject at one number of connections, by round."""
    mine = (r for r in records if r["subject"] == name and r["connections"] == connections)
    return sorted(mine, key=lambda record: record["round"])


def ratio(records: Sequence[Record], ours: str, peer: str, connections: int, key: str = "rate") -> float | None:
    """Return how many times a peer's figure LumosAI's is: the median of the ratios within each round."""
    pairs = zip(of(records, ours, connections), of(records, peer, connections), strict=False)
    found = [mine[key] / theirs[key] for mine, theirs in pairs if theirs[key]]
    return median(found) if found else None


def table(records: Sequence[Record], connections: int) -> list[str]:
    """Return the table of one number of connections."""
    lines = [
        heading(f"{connections} connections"),
        f"{'':18}" + "".join(f"{title:>{width}}" for title, width in COLUMNS),
    ]
    for name in dict.fromkeys(r["subject"] for r in records):
        mine = of(records, name, connections)
        if mine:
            lines.append(_row(name, mine, _times(records, name, connections)))
    if connections in MASTRA_FIGURES:
        lines.append(_mastra(records, connections))
    return lines


def _row(name: str, mine: Sequence[Record], times: str) -> str:
    errors = sum(sum(record["errors"].values()) for record in mine)
    waits = "".join(_wait(middle(mine, key)) for key in ("p50", "p95", "p99"))
    used = f"{middle(mine, 'cpu_us'):>8,.0f}{middle(mine, 'memory') / 1e6:>5.0f}"
    return f"  {name:16}{middle(mine, 'rate'):>7,.0f}{waits}{used}{errors:>7}{times}".rstrip()


def _wait(milliseconds: float) -> str:
    return f"{milliseconds:>7,.0f}" if milliseconds >= EXACT else f"{milliseconds:>7.1f}"


def _times(records: Sequence[Record], name: str, connections: int) -> str:
    """Return how many times a peer's runs a second LumosAI makes, and how many times its CPU a run the peer takes."""
    ours = SUBJECTS[name].peer_of
    runs = ratio(records, ours, name, connections) if ours else None
    used = ratio(records, ours, name, connections, "cpu_us") if ours else None
    return "" if not runs or not used else f"{runs:>7.1f}{1 / used:>7.1f}"


def _mastra(records: Sequence[Record], connections: int) -> str:
    rate, p50, p95, cpu = MASTRA_FIGURES[connections]
    ours = of(records, OURS, connections)
    times = f"{middle(ours, 'rate') / rate:>7.1f}{cpu / middle(ours, 'cpu_us'):>7.1f}" if ours else ""
    return f"  {'Mastra, earlier':16}{rate:>7,}{p50:>7}{p95:>7,}{'':7}{cpu:>8,}{'':5}{'':7}{times}"


def verdicts(records: Sequence[Record]) -> list[str]:
    """Return the targets beside what was measured; none unless LumosAI was measured where they are set."""
    best = max(
        (mine for name in (OURS, f"{OURS} x2") if (mine := of(records, name, TARGETED))),
        key=lambda mine: middle(mine, "rate"),
        default=None,
    )
    if best is None:
        return []
    rate, errors = middle(best, "rate"), sum(sum(record["errors"].values()) for record in best)
    lines = [heading(f"targets at {TARGETED} connections: {best[0]['subject']}")]
    lines.append(target("recorded runs a second", f"{rate:,.0f}", f">= {RATE:,}", met=rate >= RATE))
    for key, most in (("p50", P50), ("p95", P95)):
        value = middle(best, key)
        lines.append(target(key, f"{value:.1f} ms", f"< {most} ms", met=value < most))
    lines.append(target("errors", str(errors), "0", met=errors == 0))
    lines += [_against(records, name) for name in SUBJECTS if ratio_of(records, name) is not None]
    found = rate / MASTRA_FIGURES[TARGETED][0]
    lines.append(target("Mastra (measured earlier)", f"{found:.1f}x", f">= {MASTRA}x", met=found >= MASTRA))
    return lines


def ratio_of(records: Sequence[Record], peer: str) -> float | None:
    """Return LumosAI's advantage over a peer, like against like, where the targets are set."""
    ours = SUBJECTS[peer].peer_of
    return ratio(records, ours, peer, TARGETED) if ours else None


def _against(records: Sequence[Record], peer: str) -> str:
    found = ratio_of(records, peer) or 0.0
    label = f"{SUBJECTS[peer].peer_of} : {peer}"
    return target(label, f"{found:.1f}x", f">= {PEERS}x", met=found >= PEERS)


def summary(records: Sequence[Record]) -> dict[str, dict[str, Any]]:
    """Return the figures of the tables, for a file: by subject and connections."""
    found: dict[str, dict[str, Any]] = {}
    for name, connections in dict.fromkeys((r["subject"], r["connections"]) for r in records):
        mine = of(records, name, connections)
        keys = ("rate", "p50", "p95", "p99", "cpu_us", "memory", "client_us")
        figures: dict[str, Any] = {key: middle(mine, key) for key in keys}
        figures["errors"] = sum(sum(record["errors"].values()) for record in mine)
        ours = SUBJECTS[name].peer_of
        figures["lumos_times"] = ratio(records, ours, name, connections) if ours else None
        figures["lumos_cpu_times"] = ratio(records, ours, name, connections, "cpu_us") if ours else None
        found.setdefault(name, {})[str(connections)] = figures
    return found
