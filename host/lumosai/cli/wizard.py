"""The choices behind ``lumos init``, and the questions that lead to them."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self

from lumosai.cli import style
from lumosai.cli.commands.init import NAMES
from lumosai.cli.output import say
from lumosai.config.model import AGENT_ID, MODEL_REF, ModelsConfig

TEMPLATES: Final = {
    "assistant": "an assistant with clock and calculator",
    "plugin": "an agent with a tool you write, reloaded as you write it",
    "openai": "an agent on OpenAI, vLLM, Ollama, OpenRouter or the like",
    "structured": "an agent that answers with JSON by a schema",
    "web": "an agent that may fetch from web hosts you name",
    "files": "an agent that reads a folder, and writes when you allow it",
    "knowledge": "an agent that knows your documents, remembers people, and is evaluated",
}
_ENV = r"^([A-Za-z_][A-Za-z0-9_]{0,127})?$"
_URL = r"^https?://[^\s\"'\\]{1,500}$"


@dataclass(frozen=True, slots=True)
class Choices:
    """What to make; empty and None are not chosen yet."""

    template: str = ""
    folder: str = ""
    agent: str = ""
    model: str = ""
    base_url: str = ""
    key_env: str | None = None

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Self:
        """Read the options. Raises InputError for values no configuration can hold."""
        a = arguments
        made = cls(a.template or "", a.dir or "", a.agent or "", a.model or "", a.base_url or "", a.key_env)
        for name, (pattern, what) in _CHECKS.items():
            value = getattr(made, name)
            if value and not re.fullmatch(pattern, value):
                from lumosai_sdk.errors import InputError

                raise InputError(f"--{name.replace('_', '-')} {value!r} is not {what}")
        return made

    def with_defaults(self) -> Self:
        """Return the choices with the defaults where nothing was chosen."""
        made = self
        for f in fields(self):
            if made.lacks(f.name):
                made = replace(made, **{f.name: _default(made, f.name)})
        return made

    def lacks(self, name: str) -> bool:
        """Tell whether something is not chosen yet. No key is a choice."""
        value = getattr(self, name)
        return value is None if name == "key_env" else not value


_CHECKS: Final = {
    "agent": (AGENT_ID, "a name: letters, digits, - and _, a letter first"),
    "model": (MODEL_REF, "a model: <provider>/<model>, such as openai/gpt-5"),
    "base_url": (_URL, "a URL such as https://api.openai.com/v1"),
    "key_env": (_ENV, "the name of an environment variable"),
}


def _default(choices: Choices, name: str) -> Any:
    if name == "model":
        return "openai/gpt-5-mini" if choices.template == "openai" else ModelsConfig().default
    return {
        "template": "assistant",
        "folder": ".",
        "agent": "assistant",
        "base_url": "https://api.openai.com/v1",
        "key_env": "OPENAI_API_KEY" if not _is_local(choices.base_url) else "",
    }[name]


def _is_local(url: str) -> bool:
    return re.match(r"^https?://(localhost|127\.|\[::1\])", url) is not None


def ask(given: Choices, read: Callable[[str], str] = input) -> Choices:
    """Ask for what was not given; an empty answer takes the default. Raises EOFError at the end of input."""
    chosen = given
    if not chosen.template:
        say("What would you like to begin with?\n")
        for number, (name, what) in enumerate(TEMPLATES.items(), 1):
            say(f"  {number}  {style.paint(f'{name:<11}', style.BOLD)} {what}")
        say()
        chosen = replace(chosen, template=_template(read))
    names = ["folder", "agent"] + (["base_url", "model", "key_env"] if chosen.template == "openai" else ["model"])
    for name in names:
        if chosen.lacks(name):
            chosen = replace(chosen, **{name: _answer(chosen, name, read)})
    return chosen.with_defaults()


def _template(read: Callable[[str], str]) -> str:
    while True:
        said = read("  number or name [1]: ").strip() or "1"
        if said.isdecimal() and 0 < int(said) <= len(NAMES):
            return NAMES[int(said) - 1]
        if said in NAMES:
            return said
        say(f"  1 to {len(NAMES)}, or one of {', '.join(NAMES)}")


_QUESTIONS: Final = {
    "folder": "folder to make it in",
    "agent": "name of the agent",
    "base_url": "URL of the server",
    "model": "model",
    "key_env": "environment variable with its key (- for none)",
}


def _answer(chosen: Choices, name: str, read: Callable[[str], str]) -> str:
    default = _default(chosen, name)
    while True:
        said = read(f"  {_QUESTIONS[name]} [{default or '-'}]: ").strip() or default
        value = "" if name == "key_env" and said == "-" else said
        pattern, what = _CHECKS.get(name, ("", ""))
        if not pattern or re.fullmatch(pattern, value):
            return value
        say(f"  that is not {what}")
