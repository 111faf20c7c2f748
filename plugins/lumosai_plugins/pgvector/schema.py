"""The tables: one of the collections, and one for the items of each."""

from __future__ import annotations

from typing import Any, Final

from lumosai_sdk.errors import StorageError
from lumosai_sdk.types.vectors import Metric

VERSION: Final = 1
LOCK: Final = 0x6C756D6F76  # "lumov"
OPERATORS: Final[dict[Metric, str]] = {"cosine": "<=>", "dot": "<#>", "l2": "<->"}
_CLASSES: Final[dict[Metric, str]] = {"cosine": "vector_cosine_ops", "dot": "vector_ip_ops", "l2": "vector_l2_ops"}
_MOST_INDEXED: Final = 2000  # dimensions that pgvector's HNSW takes of the type vector
_INDEXED_TEXT: Final = 100_000
"""Characters of a text whose words are found: a tsvector has at most a megabyte."""


async def prepare(connection: Any, schema: str) -> str:
    """Make the schema, return that of the extension; hosts that start at once take turns. Raises StorageError."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        await connection.execute(f"""
            CREATE TABLE IF NOT EXISTS "{schema}".version (number int NOT NULL);
            CREATE TABLE IF NOT EXISTS "{schema}".collections (
                number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE,
                dimensions int NOT NULL, metric text NOT NULL, language text NOT NULL, metadata text NOT NULL
            );""")
        number = await connection.fetchval(f'SELECT number FROM "{schema}".version')  # noqa: S608 - a checked name
        if number is None:
            await connection.execute(f'INSERT INTO "{schema}".version VALUES ($1)', VERSION)  # noqa: S608
        elif number > VERSION:
            raise StorageError(
                f"the schema {schema!r} was written by a newer LumosAI ({number}; this one knows {VERSION})",
                hint="pip install --upgrade lumosai, or name another schema in [plugins.pgvector.settings]",
            )
        found = (
            "SELECT nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'vector'"
        )
        return str(await connection.fetchval(found))


def table(number: int) -> str:
    """Return the name of the table of a collection."""
    return f"items_{int(number)}"


def create_table(number: int, dimensions: int, metric: Metric, language: str) -> str:
    """Return the statements that make it; vectors too long for an index are always compared with all."""
    name, size = table(number), int(dimensions)
    words = f"to_tsvector('{language}'::regconfig, left(text, {_INDEXED_TEXT}))"
    index = f"CREATE INDEX ON {name} USING hnsw (vector {_CLASSES[metric]})" if size <= _MOST_INDEXED else ""
    return f"""
        CREATE TABLE {name} (
            id text COLLATE "C" PRIMARY KEY, vector vector({size}) NOT NULL, text text NOT NULL,
            metadata text NOT NULL, facts jsonb NOT NULL, words tsvector GENERATED ALWAYS AS ({words}) STORED
        );
        CREATE INDEX ON {name} USING gin (facts jsonb_path_ops);
        CREATE INDEX ON {name} USING gin (words);
        {index}"""
