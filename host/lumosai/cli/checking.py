"""What a configuration says of things outside it: plugins, tools, models, processors. Checked without running any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from lumosai.cli.hosting import default_agent
from lumosai.cli.parser import nearest
from lumosai.config.load import Loaded
from lumosai.config.locate import line_of
from lumosai.config.model import AgentConfig, PluginConfig
from lumosai.plugins import index
from lumosai.plugins.index import Record
from lumosai.plugins.listing import contributions, may_run
from lumosai.plugins.settings import plugin_settings
from lumosai_sdk.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: at which key, what, and in which file and line."""

    key: str
    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.key}: {self.what}"


def problems(loaded: Loaded, *, safe_mode: bool = False) -> list[str]:
    """Return what is wrong, one line each, with file, line and key."""
    return [str(f) for f in findings(loaded, loaded_text(loaded), safe_mode=safe_mode)]


def findings(loaded: Loaded, text: str, *, safe_mode: bool = False) -> list[Finding]:
    """Return what is wrong with a configuration whose *text* is, or may become, that of its file."""
    return list(_Check(loaded, text, safe_mode=safe_mode).all())


def loaded_text(loaded: Loaded) -> str:
    """Return what stands in the file of a configuration; nothing without one."""
    return loaded.path.read_text(encoding="utf-8") if loaded.path else ""


class _Check:
    def __init__(self, loaded: Loaded, text: str, *, safe_mode: bool) -> None:
        self._loaded = loaded
        self._config = loaded.config
        self._text = text
        records = index.load(loaded.plugin_paths, delivered=loaded.delivered)
        self._records = {r["name"]: r for r in records}
        safe = safe_mode or loaded.config.host.safe_mode
        self._on = [r for r in self._records.values() if self._may_run(r, safe_mode=safe)]

    def _may_run(self, record: Record, *, safe_mode: bool) -> bool:
        config = self._config.plugins.get(record["name"], PluginConfig())
        return may_run(record, enabled=config.enabled, safe_mode=safe_mode)

    def all(self) -> Iterator[Finding]:
        yield from self._host()
        yield from self._plugins()
        for name, agent in self._config.agents.items():
            yield from self._agent(("agents", name), agent)
            for variant in agent.variants:
                said = {k: getattr(variant, k) for k in variant.model_fields_set - {"when"}}
                yield from self._agent(("agents", name, "variants"), agent.model_copy(update=said))

    def _host(self) -> Iterator[Finding]:
        config = self._config
        if "default_agent" in config.host.model_fields_set and default_agent(config) not in config.agents:
            yield self._said(("host", "default_agent"), "agent", config.host.default_agent, list(config.agents))
        for folder in config.host.plugin_paths:
            if not (self._loaded.base / folder).is_dir():
                yield self._at(("host", "plugin_paths"), f"there is no folder {str(folder)!r}")
        yield from self._wanted(("host", "monitors"), "monitor", config.host.monitors)
        yield from self._wanted(("storage", "use"), "storage", [config.storage.use])
        yield from self._wanted(("storage", "vectors"), "vectors", [config.storage.vectors])
        yield from self._wanted(("server", "auth"), "auth", config.server.auth)
        yield from self._models(("models", "default"), [config.models.default])
        yield from self._models(("models", "embedding"), [config.models.embedding])
        for alias, ref in config.models.aliases.items():
            yield from self._models(("models", "aliases", alias), [ref])
        for name, route in config.models.routes.items():
            refs = [t if isinstance(t, str) else t.model for t in route.targets]
            yield from self._models(("models", "routes", name), refs)

    def _plugins(self) -> Iterator[Finding]:
        for name, config in self._config.plugins.items():
            record = self._records.get(name)
            if record is None:
                yield self._said(("plugins", name), "plugin", name, list(self._records))
            elif "error" in record:
                yield self._at(("plugins", name), f"the plugin is broken: {record['error']}")
            else:
                yield from self._settings(record, config.settings)

    def _settings(self, record: Record, settings: dict[str, Any]) -> Iterator[Finding]:
        try:
            plugin_settings(record, settings, self._loaded.base)
        except ConfigError as e:
            said = e.message.partition("]: ")[2] or e.message
            yield self._at(("plugins", record["name"], "settings"), said, said.partition(": ")[0].split("."))

    def _agent(self, where: tuple[str, ...], agent: AgentConfig) -> Iterator[Finding]:
        known = self._ids("tool")
        for tool in agent.tools:
            if not any(fnmatchcase(k, tool) for k in known) and not self._may_come_later(tool):
                yield self._said((*where, "tools"), "tool", tool, known)
        yield from self._approve((*where, "approve"), agent, known)
        yield from self._wanted((*where, "processors"), "processor", agent.processors)
        yield from self._wanted((*where, "memory"), "memory", agent.memory)
        models = [agent.model] if isinstance(agent.model, str) else agent.model or []
        yield from self._models((*where, "model"), models)

    def _approve(self, where: tuple[str, ...], agent: AgentConfig, known: list[str]) -> Iterator[Finding]:
        if any(self._may_come_later(tool) for tool in agent.tools):
            return
        mine = [k for k in known if any(fnmatchcase(k, tool) for tool in (*agent.tools, *self._of_memories(agent)))]
        for rule in (r if isinstance(r, str) else r.tool for r in agent.approve):
            if rule != "*" and not any(fnmatchcase(name, rule) for k in mine for name in (k, k.replace(".", "_"))):
                yield self._at(where, f"{rule!r} fits none of the agent's tools{nearest(rule, mine)}")

    def _of_memories(self, agent: AgentConfig) -> list[str]:
        """Return the tools that an agent has by its memories."""
        rows = (c for r in self._on for kind, c in contributions(r) if kind == "memory" and c["id"] in agent.memory)
        return [tool for c in rows for tool in c.get("tools", ())]

    def _models(self, where: tuple[str, ...], models: list[str]) -> Iterator[Finding]:
        for model in models:
            if model in self._config.models.routes:
                continue  # its own models are looked at where it stands
            ref = self._config.models.aliases.get(model, model)
            provider, slash, _ = ref.partition("/")
            if not slash:
                yield self._said(
                    where, "model alias", model, [*self._config.models.aliases, *self._config.models.routes]
                )
            else:
                yield from self._wanted(where, "provider", [provider])

    def _wanted(self, where: tuple[str, ...], kind: str, ids: list[str]) -> Iterator[Finding]:
        known = self._ids(kind)
        for wanted in ids:
            if wanted not in known and not self._may_come_later(wanted):
                yield self._said(where, kind, wanted, known)

    def _ids(self, kind: str) -> list[str]:
        return [c["id"] for r in self._on for k, c in contributions(r) if k == kind]

    def _may_come_later(self, wanted: str) -> bool:
        """Tell whether a plugin that contributes while it runs may yet have it: its manifest cannot tell."""
        owner = wanted.partition(".")[0]
        return any(r["name"] == owner and "lumos_contribute" in r.get("hooks", ()) for r in self._on)

    def _said(self, where: tuple[str, ...], kind: str, wanted: str, known: list[str]) -> Finding:
        owner = self._records.get(wanted.partition(".")[0].partition("/")[0])
        if owner is not None and owner not in self._on and kind != "plugin":
            return self._at(where, f"the {kind} {wanted!r} comes from a plugin that is off or broken: {owner['name']}")
        return self._at(where, f"there is no {kind} {wanted!r}{nearest(wanted, known)}")

    def _at(self, where: tuple[str, ...], what: str, below: Sequence[str] = ()) -> Finding:
        line = line_of(self._text, [*where, *(k for k in below if not k.isdecimal())]) if self._text else None
        file = str(self._loaded.path or "defaults")
        return Finding(".".join(where), what, f"{file}{f':{line}' if line else ''}")
