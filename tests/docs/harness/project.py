"""The folder a page is tried in, and what can be done there."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness import browser, terminal
from harness.blocks import Block, Step, begins, difference, steps
from harness.environment import ROOT, Environment

PORTS = ("8642", "8643", "8644")
"""The host's, the index's, and one more. Each page has others, and is shown these."""
SECONDS = 30.0
_STAYS = re.compile(r"^lumos (up|dev|marketplace serve)\b[^|&;]*$")
_SIGNS_IN = re.compile(r"^lumos plugin login(?! .*--out)\b")
_REFUSAL = re.compile(r"lumos: |refused \(")
_CD = re.compile(r"^cd (\S+)$")
_EXPORT = re.compile(r"^export (\w+)=(.*)$")


class Project:
    """Files are written, commands run and Python executed as the page comes to them."""

    def __init__(
        self,
        folder: Path,
        environment: Environment,
        extra: dict[str, str],
        seconds: float = SECONDS,
        after: Project | None = None,
    ) -> None:
        self.home = folder / "home"
        self.folder = self.home
        site = folder / "site-packages"
        site.mkdir()
        if after is None:
            self.home.mkdir()
            (self.home / "lumosai").symlink_to(ROOT)
        else:  # a page that goes on where another has ended
            shutil.copytree(after.home, self.home, symlinks=True)
        self.ports: dict[str, str] = after.ports if after else {shown: _free_port() for shown in PORTS}
        self.seconds = seconds
        self.variables = environment.variables(self.home, site)
        self.variables["LUMOS_SERVER__PORT"] = self.ports["8642"]
        self.variables |= extra
        self.names: dict[str, Any] = {"__name__": "__main__"}
        self._running: list[_Background] = []

    def write(self, block: Block) -> None:
        """Write a titled block to its file; one that begins with ``…`` goes to the end of what is there."""
        path = self.folder / block.title
        path.parent.mkdir(parents=True, exist_ok=True)
        text = self._with_port(block.text)
        if text.startswith("# …\n") and path.exists():
            text = path.read_text(encoding="utf-8") + text.removeprefix("# …\n")
        path.write_text(text, encoding="utf-8")

    def python(self, block: Block) -> None:
        """Execute a block in this process, with the names of those before it; ``# >`` lines are what it prints."""
        source = "\n" * block.line + self._with_port(block.text)
        printed = io.StringIO()
        with self._here(), contextlib.redirect_stdout(printed):
            exec(compile(source, block.page, "exec"), self.names)
        shown = tuple(m[1].rstrip() for m in re.finditer(r"(?m)^\s*# > ?(.*)$", block.text))
        if wrong := difference(shown, self._without_port(printed.getvalue())):
            raise AssertionError(f"{block.where}\n{wrong}")

    def console(self, block: Block) -> None:
        """Run the commands of a block and compare what they print."""
        for step in steps(block.text):
            self._step(step, block.where)

    def close(self) -> None:
        """Stop what still runs; it must end well."""
        for running in self._running:
            running.stop()

    def _step(self, step: Step, where: str) -> None:
        if match := _CD.match(step.command):
            self.folder = (self.folder / match[1]).resolve()
        elif match := _EXPORT.match(step.command):
            self.variables[match[1]] = "".join(shlex.split(match[2]))
        elif _STAYS.match(step.command):
            running = _Background(self._with_port(step.command), self.folder, self.variables)
            self._running.append(running)
            running.wait_for(tuple(self._with_port(line) for line in step.output), where)
        else:
            self._run(step, where)

    def _run(self, step: Step, where: str) -> None:
        code, text = self._done(self._with_port(step.command), step)
        printed = self._without_port(text)
        expected_to_fail = "||" not in step.command and any(_REFUSAL.match(line) for line in step.output)
        wrong = difference(step.output, printed)
        if wrong or (code != 0) != expected_to_fail:
            raise AssertionError(f"{where}\n$ {step.command}\nexit code {code}\n{wrong or printed}")

    def _done(self, command: str, step: Step) -> tuple[int, str]:
        """Run a command to its end, with somebody at the terminal where it is shown that somebody answers."""
        if asked := terminal.answers(step.output):
            react = terminal.answering(asked)
            return terminal.run(command, self.folder, self.variables, react, self.seconds)
        if _SIGNS_IN.match(command):
            return terminal.run(command, self.folder, self.variables, browser.approving(), self.seconds)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self.seconds,
            check=False,
        )
        return done.returncode, done.stdout

    @contextmanager
    def _here(self) -> Iterator[None]:
        before_folder, before_path, before_modules = Path.cwd(), list(sys.path), set(sys.modules)
        before_variables = dict(os.environ)
        os.chdir(self.folder)
        sys.path.insert(0, str(self.folder))
        own = {k: v for k, v in self.variables.items() if k not in {"PATH", "COLUMNS", "TZ", "LANG", "PYTHONPATH"}}
        os.environ.update(own)
        try:
            yield
        finally:
            os.chdir(before_folder)
            sys.path[:] = before_path
            os.environ.clear()
            os.environ.update(before_variables)
            for name in sys.modules.keys() - before_modules:
                if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(self.home)):
                    del sys.modules[name]

    def _with_port(self, text: str) -> str:
        for shown, real in self.ports.items():
            text = text.replace(shown, real)
        return text

    def _without_port(self, text: str) -> str:
        for shown, real in self.ports.items():
            text = text.replace(real, shown)
        return text.replace(str(self.home), "~")


class _Background:
    """A command that runs until it is stopped."""

    def __init__(self, command: str, folder: Path, variables: dict[str, str]) -> None:
        self.command = command
        self._log = folder / f".{time.monotonic_ns()}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                shlex.split(command),
                cwd=folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait_for(self, shown: tuple[str, ...], where: str) -> None:
        """Return when everything shown has been printed."""
        deadline = time.monotonic() + SECONDS
        while not begins(shown, self._printed()):
            if time.monotonic() > deadline or self._process.poll() is not None:
                wrong = difference(shown, self._printed())
                self.stop()
                raise AssertionError(f"{where}\n$ {self.command}\n{wrong}")
            time.sleep(0.05)

    def _printed(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """Press Ctrl-C and wait."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"{self.command}: Ctrl-C did not stop it\n{self._printed()}") from None


def _free_port() -> str:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return str(s.getsockname()[1])
