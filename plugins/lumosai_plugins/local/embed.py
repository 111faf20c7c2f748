"""all-MiniLM-L6-v2 in numpy: six transformer layers, mean over the tokens, length one.

The weights are mapped from the safetensors file, not read: of the 46 MB word table only rows that occur are touched.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from lumosai_plugins.local.catalog import MINILM
from lumosai_plugins.local.errors import missing_engine
from lumosai_plugins.local.store import checked_path
from lumosai_plugins.local.wordpiece import WordPiece

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

DIMENSIONS = 384
_HEADS = 12
_LAYERS = 6
_EPSILON = 1e-12
_MAX_HEADER = 1 << 20
_BATCH = 32


class Embedder:
    """Sentence embeddings. One instance may be used from several threads."""

    def __init__(self, folder: Path) -> None:
        """Load the model from the model folder. Raises BadModelFileError, and MissingExtraError without numpy."""
        self._np: Any = _numpy()
        tensors = _read_tensors(checked_path(MINILM, "model.safetensors", folder))
        self._tokenizer = WordPiece(checked_path(MINILM, "vocab.txt", folder))
        self._lock = threading.Lock()
        self._words = tensors["embeddings.word_embeddings.weight"]
        kind = tensors["embeddings.token_type_embeddings.weight"][0]
        self._positions: Array = tensors["embeddings.position_embeddings.weight"] + kind
        self._norm = _pair(tensors, "embeddings.LayerNorm")
        self._layers = [_Layer(tensors, f"encoder.layer.{i}.") for i in range(_LAYERS)]

    def embed(self, texts: Sequence[str]) -> Array:
        """Return one row of 384 numbers a text, each of length one. Similarity of two texts is their dot product."""
        tokens = [self._tokenizer.encode(t) for t in texts]
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        out: Array = self._np.empty((len(tokens), DIMENSIONS), self._np.float32)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            with self._lock:
                out[batch] = self._forward([tokens[i] for i in batch])
        return out

    def count(self, texts: Sequence[str]) -> int:
        """Return how many tokens ``texts`` cost."""
        return sum(len(self._tokenizer.encode(t)) for t in texts)

    def _forward(self, batch: list[list[int]]) -> Array:
        np = self._np
        longest = max(map(len, batch))
        ids = np.array([row + [0] * (longest - len(row)) for row in batch])
        real = np.arange(longest) < np.array([[len(row)] for row in batch])
        mask = None if real.all() else np.where(real, 0, -1e9).astype(np.float32)[:, None, None, :]
        x = _normalise(np, self._words[ids] + self._positions[:longest], self._norm)
        for layer in self._layers:
            x = layer(np, x, mask)
        pooled = (x * real[:, :, None]).sum(axis=1)
        unit: Array = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return unit


class _Layer:
    """One transformer layer. Query, key and value are one matrix; the attention scale is folded into the query."""

    def __init__(self, tensors: dict[str, Array], at: str) -> None:
        import numpy as np

        scale = np.float32((DIMENSIONS / _HEADS) ** -0.5)
        q, k, v = (_pair(tensors, f"{at}attention.self.{name}") for name in ("query", "key", "value"))
        self.qkv_weight = np.ascontiguousarray(np.concatenate([q[0] * scale, k[0], v[0]]).T)
        self.qkv_bias = np.concatenate([q[1] * scale, k[1], v[1]])
        self.mixed = _transposed(tensors, f"{at}attention.output.dense")
        self.mixed_norm = _pair(tensors, f"{at}attention.output.LayerNorm")
        self.wide = _transposed(tensors, f"{at}intermediate.dense")
        self.narrow = _transposed(tensors, f"{at}output.dense")
        self.narrow_norm = _pair(tensors, f"{at}output.LayerNorm")

    def __call__(self, np: Any, x: Array, mask: Array | None) -> Any:
        x = _normalise(np, x + _dense(self._attend(np, x, mask), self.mixed), self.mixed_norm)
        return _normalise(np, x + _dense(_gelu(np, _dense(x, self.wide)), self.narrow), self.narrow_norm)

    def _attend(self, np: Any, x: Array, mask: Array | None) -> Any:
        texts, length, _ = x.shape
        qkv = (_flat(x) @ self.qkv_weight + self.qkv_bias).reshape(texts, length, 3, _HEADS, DIMENSIONS // _HEADS)
        q, k, v = qkv.transpose(2, 0, 3, 1, 4)
        scores = q @ k.swapaxes(-1, -2)
        if mask is not None:
            scores += mask
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        return (scores @ v).transpose(0, 2, 1, 3).reshape(texts, length, DIMENSIONS)


def _numpy() -> Any:
    """Import numpy; if we are the first to, with one thread for its matrix products.

    Two threads win 30 % of the time of a query and cost 50 % more CPU, which on a busy server is a loss.
    """
    key = "OPENBLAS_NUM_THREADS"
    first = "numpy" not in sys.modules and key not in os.environ
    try:
        if first:
            os.environ[key] = "1"
        return importlib.import_module("numpy")
    except ModuleNotFoundError:
        raise missing_engine("numpy") from None
    finally:
        if first:
            del os.environ[key]


def _flat(x: Array) -> Any:
    return x.reshape(-1, x.shape[-1])


def _dense(x: Array, pair: tuple[Array, Array]) -> Any:
    # one matrix product for the whole batch: numpy would make one a text of three dimensions
    y = _flat(x) @ pair[0]
    y += pair[1]
    return y.reshape(*x.shape[:-1], -1)


def _normalise(np: Any, x: Array, pair: tuple[Array, Array]) -> Any:
    x -= x.mean(axis=-1, keepdims=True)
    x *= 1 / np.sqrt(np.einsum("...i,...i->...", x, x)[..., None] / DIMENSIONS + _EPSILON)
    x *= pair[0]
    x += pair[1]
    return x


def _gelu(np: Any, x: Array) -> Any:
    # the tanh form (Hendrycks & Gimpel 2016, section 2); at most 0.0005 off the exact one
    y = x * x
    y *= 0.044715 * 0.7978845608
    y += 0.7978845608
    y *= x
    np.tanh(y, out=y)
    y += 1
    y *= x
    y *= 0.5
    return y


def _pair(tensors: dict[str, Array], name: str) -> tuple[Array, Array]:
    return tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _transposed(tensors: dict[str, Array], name: str) -> tuple[Array, Array]:
    import numpy as np

    weight, bias = _pair(tensors, name)
    return np.ascontiguousarray(weight.T), bias


def _read_tensors(path: Path) -> dict[str, Array]:
    """Map a safetensors file (8 bytes of header length, JSON header, data). Its bytes were checked before."""
    import numpy as np

    with path.open("rb") as f:
        length = int.from_bytes(f.read(8), "little")
        if length > _MAX_HEADER:
            raise ValueError(f"{path}: header of {length} bytes")
        header = json.loads(f.read(length))
    data = np.memmap(path, np.uint8, "r", 8 + length)
    return {
        name: data[slice(*entry["data_offsets"])].view(np.float32).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }
