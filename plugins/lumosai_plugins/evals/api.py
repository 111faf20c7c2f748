"""Experiments from Python, in one call: for notebooks, and for tests of agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lumosai_plugins.evals.datasets import Datasets
from lumosai_plugins.evals.experiments import Experiment, Experiments
from lumosai_plugins.evals.items import Item
from lumosai_plugins.evals.suite import scorer_id
from lumosai_plugins.evals.trying import Trial
from lumosai_sdk.types.services import TrustedServices

Told = dict[str, Any]


async def evaluate(
    services: TrustedServices,
    agent: str,
    dataset: str | Mapping[str, Sequence[Mapping[str, Any]]],
    scorers: Sequence[str],
    *,
    concurrency: int = 4,
    timeout: float = 120.0,  # noqa: ASYNC109 - of each scorer, which the host keeps
    note: str = "",
) -> Told:
    """Run an agent over a dataset, and return the experiment with its ``summary`` and ``results``.

    *dataset* is ``name`` or ``name@version``, or ``{name: items}``, which are kept as its next version. Raises
    NotFoundError, InputError, StorageError.
    """
    datasets, kept = Datasets(services.kv()), Experiments(services.kv())
    if isinstance(dataset, str):
        version = await datasets.find(dataset)
    else:
        ((name, rows),) = dataset.items()
        version = await datasets.put(name, [Item.from_json(row) for row in rows])
    experiment = Experiment.new(agent, version, [scorer_id(s) for s in scorers], note)
    await kept.put(experiment)
    trial = Trial(services, experiment, await datasets.items(version), timeout)
    results = await trial.run(concurrency, lambda _: None)
    return {**await kept.told(experiment), "results": results}
