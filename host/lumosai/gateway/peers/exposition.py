"""Metrics of several processes as one text (Prometheus text 0.0.4, OpenMetrics 1.0), each sample with its process."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

LABEL = "worker"
_EOF = "# EOF"
_SAMPLE = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


class _Family:
    """Samples of one metric, of all processes, and what is said of it once."""

    def __init__(self) -> None:
        self.head: list[str] = []
        self.samples: list[str] = []


def merged(texts: Mapping[str, str]) -> str:
    """Return the metrics of all; *texts* by what the label ``worker`` is to say."""
    families: dict[str, _Family] = {}
    for worker, text in texts.items():
        seen = set(families)
        for name, line in _lines(text):
            family = families.setdefault(name, _Family())
            if not line.startswith("#"):
                family.samples.append(_labelled(line, worker))
            elif name not in seen:
                family.head.append(line)
    out = [line for family in families.values() for line in (*family.head, *family.samples)]
    if any(text.rstrip().endswith(_EOF) for text in texts.values()):
        out.append(_EOF)
    return "".join(f"{line}\n" for line in out)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Yield each line with the name of the family it belongs to: that of the last line which named one."""
    family = ""
    for line in text.split("\n"):
        parts = line.split(" ", 3)
        if parts[0] == "#" and len(parts) > 2 and parts[1] in {"HELP", "TYPE", "UNIT"}:  # noqa: PLR2004 - a name
            family = parts[2]
        elif not line or line.startswith("#"):
            continue
        yield family, line


def _labelled(sample: str, worker: str) -> str:
    found = _SAMPLE.match(sample)
    if found is None:
        return sample
    name, rest = found[0], sample[found.end() :]
    if not rest.startswith("{"):
        return f'{name}{{{LABEL}="{worker}"}}{rest}'
    comma = "" if rest.startswith("{}") else ","
    return f'{name}{{{LABEL}="{worker}"{comma}{rest[1:]}'
