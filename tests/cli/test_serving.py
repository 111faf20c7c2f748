"""``lumos up``, ``dev`` and ``up --tour`` as processes, and the commands that speak to them."""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("measured")
Cli = Callable[..., Any]
SECONDS = 40
HERE = 'plugin_paths = ["plugins"]'


class Served:
    """A command that serves, its output read as it comes."""

    def __init__(self, *words: str, **env: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lumosai", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **env},
            preexec_fn=_heeding_ctrl_c,  # noqa: PLW1509 - it takes no lock
        )
        self.output = ""
        self._grown = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._grown:
                self.output += line
                self._grown.notify_all()

    def wait_for(self, pattern: str, seconds: float = SECONDS) -> re.Match[str]:
        deadline = time.monotonic() + seconds
        with self._grown:
            while (match := re.search(pattern, self.output)) is None:
                if not self._grown.wait(deadline - time.monotonic()):
                    pytest.fail(f"{pattern!r} did not come:\n{self.output}")
        return match

    @property
    def url(self) -> str:
        return self.wait_for(r"serving +(http://\S+)")[1]

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        return code

    def close(self) -> None:
        self.process.kill()
        self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        if self.process.stdout is not None:
            self.process.stdout.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(*words: str, **env: str) -> Served:
        started.append(Served(*words, **env))
        return started[-1]

    yield start
    for served in started:
        served.close()


def ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=SECONDS) as response:
        return json.load(response)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_serves_until_it_is_told_to_stop(serve: Callable[..., Served], scripted: Path, number: int) -> None:
    up = serve("up", "--port", "0")
    url = up.url
    assert ask(f"{url}/v1/agents/assistant/runs", {"input": "six times seven"})["text"] == "It is 42."
    up.wait_for("assistant answered")
    assert "assistant (default), careful, curious" in up.output
    assert str(scripted) in up.output
    assert up.stop(number) == 0
    assert up.output.endswith("stopped\n")
    assert "Traceback" not in up.output


def test_a_quiet_up_shows_no_runs(serve: Callable[..., Served], scripted: Path) -> None:
    up = serve("up", "--port", "0", "--quiet")
    ask(f"{up.url}/v1/agents/assistant/runs", {"input": "hello"})
    assert up.stop() == 0
    assert "answered" not in up.output


def test_up_names_what_is_broken(
    serve: Callable[..., Served], configure: Callable[..., Path], add_plugin: Callable[..., Path]
) -> None:
    add_plugin("bad", "nonsense")
    configure(host=HERE)
    up = serve("up", "--port", "0", "--safe-mode")
    up.wait_for(r"plugins .*1 broken: bad \(lumos plugin doctor\)")
    assert up.stop() == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0", "--port", "0"], "nothing asks callers who they are"),
        (["--host", "no.such.host.invalid", "--port", "0"], "there is no address"),
    ],
)
def test_what_cannot_be_listened_on(process: Cli, scripted: Path, words: list[str], said: str) -> None:
    done = process("up", *words)
    assert done.code == 1
    assert said in done.err
    assert "Traceback" not in done.err


def test_a_port_that_is_taken(serve: Callable[..., Served], process: Cli, scripted: Path) -> None:
    port = serve("up", "--port", "0").url.rpartition(":")[2]
    done = process("up", "--port", port)
    assert done.code == 1
    assert f"port {port}" in done.err


def test_commands_speak_to_the_host_that_runs(serve: Callable[..., Served], process: Cli, scripted: Path) -> None:
    up = serve("up", "--port", "0")
    where = {"LUMOS_SERVER__PORT": up.url.rpartition(":")[2]}
    done = process("plugin", "reload", "time", **where)
    assert (done.code, done.out[:5]) == (0, "time ")
    assert process("plugin", "reload", "time", "--json", **where).json["name"] == "time"
    done = process("plugin", "reload", "tim", **where)
    assert done.code == 1
    assert "no plugin 'tim'" in done.err


def test_a_run_of_the_host_that_runs_can_be_cancelled(
    serve: Callable[..., Served], process: Cli, scripted: Path
) -> None:
    up = serve("up", "--port", "0")
    where = {"LUMOS_SERVER__PORT": up.url.rpartition(":")[2]}
    body = json.dumps({"input": "slow", "stream": True}).encode()
    request = urllib.request.Request(f"{up.url}/v1/agents/assistant/runs", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=SECONDS) as events:
        run = json.loads(next(line for line in events if line.startswith(b"data:"))[5:])["run_id"]
        done = process("runs", "cancel", run, **where)
        assert done.code == 0, done.err
        assert b"run.cancelled" in events.read()


def test_what_is_no_host_is_said_to_be_none(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Other(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>hello")

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        monkeypatch.setenv("LUMOS_SERVER__PORT", str(server.server_port))
        done = cli("plugin", "reload", "time")
        thread.join()
    assert done.code == 1
    assert "is no LumosAI host" in done.err


def test_switching_a_plugin_is_followed_by_a_running_host(
    serve: Callable[..., Served], process: Cli, scripted: Path
) -> None:
    up = serve("up", "--port", "0")
    url = up.url
    assert process("plugin", "disable", "time").code == 0
    up.wait_for("plugin time .*disabled")
    states = {p["name"]: p["state"] for p in ask(f"{url}/v1/plugins")["data"]}
    assert states["time"] == "disabled"


TOOL = '[[contributes.tool]]\nid = "mine.say"\ntarget = "mine.code:say"\n'
CODE = "def say() -> str:\n    '''Say it.'''\n    return {!r}\n"


@pytest.mark.parametrize("watcher", ["watchfiles", "polling"])
def test_dev_takes_up_what_is_saved(
    serve: Callable[..., Served],
    configure: Callable[..., Path],
    add_plugin: Callable[..., Path],
    folder: Path,
    tmp_path: Path,
    watcher: str,
) -> None:
    root = add_plugin("mine", TOOL, code=CODE.format("one"))
    configure(host=HERE)
    env = {"PYTHONPATH": str(_without_watchfiles(tmp_path))} if watcher == "polling" else {}
    dev = serve("dev", "--port", "0", **env)
    url = dev.url
    dev.wait_for("following plugins")
    assert ask(f"{url}/v1/tools/mine.say/call", {"arguments": {}}) == {"result": "one"}
    (root / "code.py").write_text(CODE.format("and two"))
    dev.wait_for("plugin mine .*replaced")
    assert ask(f"{url}/v1/tools/mine.say/call", {"arguments": {}}) == {"result": "and two"}
    add_plugin("later", TOOL.replace("mine", "later"), code=CODE.format("three"))
    dev.wait_for("plugin later .*found")
    (root / "lumos-plugin.toml").write_text("nonsense")
    dev.wait_for("plugin mine .*failed")
    assert ask(f"{url}/v1/tools/mine.say/call", {"arguments": {}}) == {"result": "and two"}
    assert dev.stop() == 0


def _without_watchfiles(tmp_path: Path) -> Path:
    """Return a folder for PYTHONPATH that makes watchfiles seem not to be installed."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import importlib.util as u\nreal = u.find_spec\n"
        "u.find_spec = lambda name, package=None: None if name == 'watchfiles' else real(name, package)\n"
    )
    return folder


def test_dev_without_the_console_tells_itself(
    serve: Callable[..., Served], configure: Callable[..., Path], add_plugin: Callable[..., Path]
) -> None:
    root = add_plugin("mine", TOOL, code=CODE.format("one"))
    configure(host=HERE)
    dev = serve("dev", "--port", "0", "--quiet")
    dev.wait_for("following plugins")
    assert dev.url
    (root / "code.py").write_text(CODE.format("and two"))
    dev.wait_for("↻ mine reloaded")


# --- the tour


def test_the_tour_asks_over_http_and_shows_the_tool_call(serve: Callable[..., Served], folder: Path) -> None:
    (folder / "lumos.toml").write_text(
        '[models]\ndefault = "scripted/script"\nembedding = "scripted/none"\n'
        '[[plugins.scripted.settings.rules]]\non = "user"\ntool = "moon.phase"\n'
        '[[plugins.scripted.settings.rules]]\non = "tool"\nreply = "It is waxing."\n'
    )
    up = serve("up", "--tour", "--no-marketplace", "--port", "0")
    up.wait_for("What phase is the moon in today?")
    up.wait_for("→ moon.phase\n← .*phase")
    up.wait_for("It is waxing.")
    up.wait_for("An agent on scripted/script|agent on scripted/script")
    up.wait_for(r"curl -N http://127.0.0.1:\d+/v1/agents/tour/runs")
    up.wait_for("lumos chat|-m lumosai chat|__main__.py chat")
    assert ask(f"{up.url}/v1/agents/tour/runs", {"input": "again"})["text"] == "It is waxing."
    assert up.stop(signal.SIGTERM) == 0
    assert "\x1b" not in up.output


def test_a_tour_that_fails_says_why_and_serves_on(serve: Callable[..., Served], folder: Path) -> None:
    (folder / "lumos.toml").write_text('[models]\ndefault = "scripted/script"\nembedding = "scripted/none"\n')
    up = serve("up", "--tour", "--no-marketplace", "--port", "0")
    up.wait_for("no rule fits")
    up.wait_for("the host serves on")
    assert ask(f"{up.url}/healthz")
    assert up.stop() == 0


SCRIPTED = """
[models]
default = "scripted/script"
embedding = "scripted/none"

[sandbox]
without_jail = "degrade"

[[plugins.scripted.settings.rules]]
reply = "It is waxing."
"""
DIGEST = hashlib.sha256(b"LumosAI").hexdigest()


@pytest.fixture
def touring(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a scripted model; compilers keep their caches from tour to tour."""
    (folder / "lumos.toml").write_text(SCRIPTED)
    monkeypatch.setenv("LUMOS_CACHE", str(Path(sys.prefix) / "lumos"))
    return folder


@pytest.mark.timeout(120)
def test_the_tour_installs_a_plugin_from_its_marketplace_and_calls_it(
    serve: Callable[..., Served], touring: Path, process: Cli
) -> None:
    before = _owners(touring)
    up = serve("up", "--tour", "--port", "0")
    up.wait_for(r"lets in lumosai/\* if\s+tour@lumosai.local")
    up.wait_for(r"\$ lumos plugin search digest\n(.*\n)?lumosai/hash +0.1.0 +low +tour@lumosai.local")
    up.wait_for("signed by tour@lumosai.local, says http://127.0.0.1:.*/sigstore/oauth2")
    up.wait_for("it asks for nothing: it computes")
    up.wait_for("✓ log +entry [0-9]+, in a tree with the root")
    up.wait_for("installed lumosai/hash 0.1.0")
    up.wait_for(f"→ hash.digest .*\n← .*{DIGEST}")
    index, where = up.wait_for("at (http://127.0.0.1:[0-9]+/)")[1], up.wait_for("  cd (.lumos/tour-[0-9]+)")[1]
    up.wait_for(f"{index} +the marketplace, for your browser")
    assert ask(f"{up.url}/v1/plugins/hash")["sandbox"]["calls"] == 1
    config = ("--config", f"{where}/lumos.toml")
    assert [p["name"] for p in process("plugin", "search", "hash", "--json", *config).json["items"]] == ["lumosai/hash"]
    assert up.stop(signal.SIGTERM) == 0
    assert "Traceback" not in up.output
    assert "\x1b" not in up.output
    assert _owners(touring) == before


def _owners(folder: Path) -> dict[str, bytes]:
    """Return the owner's files, and what they say."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_tour_that_is_killed_in_the_middle_is_gone_on_with_and_the_next_finds_all_there(
    serve: Callable[..., Served], touring: Path
) -> None:
    for moment in ("building lumosai/hash", "signing lumosai/hash", "uploading lumosai/hash"):
        up = serve("up", "--tour", "--port", "0")
        up.wait_for(f"{moment}|installed")
        up.stop(signal.SIGKILL)
    up = serve("up", "--tour", "--port", "0")
    up.wait_for(f"→ hash.digest .*\n← .*{DIGEST}")
    up.wait_for("marketplace: it has hash, csv.*code", seconds=300)
    assert up.stop() == 0
    up = serve("up", "--tour", "--port", "0")
    up.wait_for("lumosai/hash 0.1.0 is installed, as lumos.lock says")
    up.wait_for(f"→ hash.digest .*\n← .*{DIGEST}")
    assert up.stop() == 0
    assert "building" not in up.output
    assert len(list((touring / ".lumos").glob("tour-*"))) == 1


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_tour_on_the_embedded_model(serve: Callable[..., Served]) -> None:
    home = Path(pwd.getpwuid(os.getuid()).pw_dir, ".local", "share", "lumosai", "models")
    if not (home / "smollm2").is_dir():
        pytest.skip("the embedded model is not on this machine: lumos models pull")
    up = serve("up", "--tour", "--no-marketplace", "--port", "0", LUMOS_MODELS=str(home))
    up.wait_for("→ moon.phase")
    up.wait_for("(?s)← .*moon.*curl -N")
    assert up.stop() == 0


def _heeding_ctrl_c() -> None:
    """Undo what a shell does to processes in its background: they do not hear Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
