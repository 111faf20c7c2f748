"""``lumos eval run|list|show|compare|report|delete|scorers``."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai_plugins.evals import gate, show, suite
from lumosai_plugins.evals.datasets import Datasets
from lumosai_plugins.evals.exchange import SUFFIXES, read_file
from lumosai_plugins.evals.experiments import Experiment, Experiments
from lumosai_plugins.evals.keeping import name_of, write
from lumosai_plugins.evals.stats import compared
from lumosai_plugins.evals.trying import Trial
from lumosai_sdk.errors import InputError, NotFoundError
from lumosai_sdk.safe import say, say_json

if TYPE_CHECKING:
    from lumosai_plugins.evals.items import Item
    from lumosai_sdk.types.plugins import PluginContext
    from lumosai_sdk.types.services import TrustedServices

_USUAL_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class _Plan:
    experiment: Experiment
    items: tuple[Item, ...]
    concurrency: int
    fail_under: dict[str, float]


async def run(arguments: Namespace, context: PluginContext) -> int:
    """Do an experiment, or the rest of one; 1 where it is not good enough. Raises LumosError."""
    services = context.host
    kept = Experiments(services.kv())
    baseline = await kept.find(arguments.baseline) if arguments.baseline else None
    plan = await (_resumed if arguments.resume else _planned)(arguments, context)
    progress = show.Progress(plan.experiment.items, quiet=arguments.json)
    try:
        trial = Trial(services, plan.experiment, plan.items, context.settings.get("timeout", 120.0))
        await trial.run(plan.concurrency, progress)
    except ExceptionGroup as group:  # what could not be kept, or is under way elsewhere
        raise group.exceptions[0] from None
    finally:
        progress.close()
    told = await kept.told(plan.experiment)
    comparison = None if baseline is None else await _compared(kept, baseline, plan.experiment)
    short = gate.silent(told["summary"], await kept.results(plan.experiment))
    short += gate.shortfalls(told["summary"], plan.fail_under) + (gate.losses(comparison) if comparison else [])
    if arguments.json:
        say_json({**told, "comparison": comparison, "shortfalls": short})
    else:
        _say(told, baseline, comparison, short)
    return 1 if short else 0


def _say(told: dict[str, Any], baseline: Experiment | None, comparison: Any, short: list[str]) -> None:
    say(show.experiment(told))
    if baseline is not None:
        say(f"\n{show.comparison(baseline.id, told['id'], comparison)}")
    for text in short:
        say(f"\N{BALLOT X} {text}")


async def _planned(arguments: Namespace, context: PluginContext) -> _Plan:
    services = context.host
    wanted = suite.of(arguments, context.base)
    _check_there(services, wanted)
    datasets = Datasets(services.kv())
    path = wanted.base / wanted.dataset
    if path.suffix in SUFFIXES:
        version = await datasets.put(name_of(path), read_file(path), f"from {path.name}")
    else:
        version = await datasets.find(wanted.dataset)
    experiment = Experiment.new(wanted.agent, version, wanted.scorers, arguments.note)
    await Experiments(services.kv()).put(experiment)
    return _Plan(experiment, await datasets.items(version), wanted.concurrency, dict(wanted.fail_under))


def _check_there(services: TrustedServices, wanted: suite.Suite) -> None:
    """Raise NotFoundError before anything is run for an agent or scorer there is not."""
    known = [str(s["id"]) for s in services.scorers()]
    if missing := [s for s in wanted.scorers if s not in known]:
        raise NotFoundError("scorer", missing[0], known, hint="lumos eval scorers")
    agents = [str(a["id"]) for a in services.agents()]
    if wanted.agent.partition("@")[0] not in agents:  # guide@2 is a version of guide
        raise NotFoundError("agent", wanted.agent, agents, hint="lumos agents")


async def _resumed(arguments: Namespace, context: PluginContext) -> _Plan:
    if arguments.suite or arguments.agent or arguments.dataset or arguments.scorer:
        raise InputError("--resume goes on with what was begun: agent, dataset and scorers stay as they are")
    services = context.host
    experiment = await Experiments(services.kv()).find(arguments.resume)
    datasets = Datasets(services.kv())
    version = await datasets.find(f"{experiment.dataset.partition('@')[0]}@{experiment.digest}")
    fail_under = suite.gates(arguments.fail_under)
    suite.Suite(experiment.agent, version.name, experiment.scorers, fail_under=fail_under).checked()
    return _Plan(experiment, await datasets.items(version), arguments.concurrency or _USUAL_AT_ONCE, fail_under)


async def listed(arguments: Namespace, context: PluginContext) -> int:
    """List experiments. Raises LumosError."""
    found = await Experiments(context.host.kv()).listed(max(arguments.limit, 1))
    if arguments.json:
        say_json(found)
    else:
        say(show.listing(found) if found else "no experiments: lumos eval run")
    return 0


async def shown(arguments: Namespace, context: PluginContext) -> int:
    """Show an experiment. Raises LumosError."""
    kept = Experiments(context.host.kv())
    experiment = await kept.find(arguments.experiment)
    told = await kept.told(experiment)
    if arguments.json:
        say_json({**told, "results": await kept.results(experiment)} if arguments.items else told)
        return 0
    say(show.experiment(told))
    if arguments.items:
        say(show.items(await kept.results(experiment), experiment.scorers))
    return 0


async def compare(arguments: Namespace, context: PluginContext) -> int:
    """Show how two experiments differ. Raises LumosError."""
    kept = Experiments(context.host.kv())
    base, other = await kept.find(arguments.base), await kept.find(arguments.other)
    found = await _compared(kept, base, other)
    say_json({"base": base.id, "other": other.id, **found}) if arguments.json else say(
        show.comparison(base.id, other.id, found)
    )
    return 0


async def _compared(kept: Experiments, base: Experiment, other: Experiment) -> dict[str, Any]:
    scorers = [s for s in base.scorers if s in other.scorers]
    return compared(await kept.results(base), await kept.results(other), scorers)


async def report(arguments: Namespace, context: PluginContext) -> int:
    """Write an experiment as a page. Raises LumosError."""
    from lumosai_plugins.evals.report import page

    kept = Experiments(context.host.kv())
    experiment = await kept.find(arguments.experiment)
    baseline = await kept.find(arguments.baseline) if arguments.baseline else None
    comparison = None if baseline is None else {"base": baseline.id, **await _compared(kept, baseline, experiment)}
    path = Path(arguments.out)
    write(path, page(await kept.told(experiment), await kept.results(experiment), comparison))
    say(f"{path} is written")
    return 0


async def delete(arguments: Namespace, context: PluginContext) -> int:
    """Delete an experiment. Raises LumosError."""
    kept = Experiments(context.host.kv())
    experiment = await kept.find(arguments.experiment)
    await kept.delete(experiment)
    say(f"{experiment.id} is deleted")
    return 0


async def scorers(arguments: Namespace, context: PluginContext) -> int:
    """List the scorers there are."""
    found = context.host.scorers()
    if arguments.json:
        say_json([dict(s) for s in found])
        return 0
    for scorer in found:
        head = f"{scorer['id']:24}  "
        say(f"{head}{show.cut(scorer['description'], show.WIDTH - len(head))}")
    return 0
