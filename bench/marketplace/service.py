"""What the service costs: the check of a publication, and the page that pip reads of a plugin with 50 versions.

``python -m bench.marketplace.service`` prints processor milliseconds of the service's process for an upload (token,
hash, guard, names, two attestations, log, both transactions), and wall milliseconds of the page. The peer is pypiserver
with the same wheels, from a folder: it checks no signatures.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from bench import peers
from bench.environment import describe
from tests.marketplace.service import spawned
from tests.marketplace.service.market import Market, free_port, prepared, wheel

VERSIONS, PAGES, WARM_UP = 50, 400, 40
FILLING = 220_000
CHECK_MS, PAGE_MS = 150.0, 10.0
JSON = {"accept": "application/vnd.pypi.simple.v1+json"}


def main() -> None:
    """Print the figures."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    told = describe()
    print(f"python {told['python']}, cpu {told['cpu']}, cores {told['cores']}, load {told['load']}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = prepared(folder / "data", free_port())
        with spawned.running(settings, folder) as market:
            wheels = _published(market, _pid(settings.server.port))
            ours = _pages(market.url)
        theirs = _peer(folder / "peer", wheels)
    _said(f"page of {VERSIONS} versions, JSON", ours, f"target <= {PAGE_MS:g} ms")
    _said("the same, pypiserver (HTML, no hashes checked)", theirs, "")
    print(f"ratio of medians: {statistics.median(theirs) / statistics.median(ours):.2f}x")


def _published(market: Market, pid: int) -> list[tuple[str, bytes]]:
    """Publish the versions one after another; print what checking one costs the service."""
    token, spent, made = market.token("acme-*"), [], []
    for number in range(VERSIONS):
        filename, data = wheel(version=f"1.{number}.0", extra={"acme_weather/data.bin": secrets.token_bytes(FILLING)})
        signed = market.sign(filename, data)
        before = _processor_ms(pid)
        answer = market.upload(filename, data, signed, token)
        spent.append(_processor_ms(pid) - before)
        if answer.status_code != httpx.codes.OK:
            raise SystemExit(answer.text)
        made.append((filename, data))
    size = len(made[0][1]) / 1000
    _said(f"publish check of {size:.0f} kB, processor", spent[3:], f"target <= {CHECK_MS:g} ms")
    return made


def _pid(port: int) -> int:
    """Return the process that listens: the service's own, to ask the system what it has used."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"serve" in words and str(port).encode() in words:
                return int(folder.name)
    raise SystemExit("the service is not found in /proc: this bench needs Linux")


def _processor_ms(pid: int) -> float:
    """Return user and system time of a process with all its threads (proc(5), stat fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000.0 / os.sysconf("SC_CLK_TCK")


def _pages(url: str, headers: dict[str, str] | None = None) -> list[float]:
    """Return the milliseconds of many requests of the page over one connection."""
    times = []
    with httpx.Client(base_url=url, headers=headers or JSON) as client:
        for number in range(WARM_UP + PAGES):
            begin = time.perf_counter()
            answer = client.get("/simple/acme-weather/")
            if number >= WARM_UP:
                times.append((time.perf_counter() - begin) * 1000)
            answer.raise_for_status()
    return times


def _peer(folder: Path, wheels: list[tuple[str, bytes]]) -> list[float]:
    """Return the milliseconds of the peer's page."""
    folder.mkdir()
    for filename, data in wheels:
        (folder / filename).write_bytes(data)
    with _pypiserver(folder) as url:
        return _pages(url, {"accept": "text/html"})


@contextmanager
def _pypiserver(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [str(peers.ensure().parent / "pypi-server"), "run", "-i", "127.0.0.1", "-p", str(port), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def _said(what: str, times: list[float], target: str) -> None:
    ordered = sorted(times)
    p50, p95 = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
    print(f"{what:48} p50 {p50:7.2f} ms   p95 {p95:7.2f} ms   {target}".rstrip())


if __name__ == "__main__":
    main()
