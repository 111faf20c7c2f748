"""The index of words in the two databases: FTS5 of SQLite, tsvector of PostgreSQL.

A *query* is a sequence of alternatives, all of which have to be met; an alternative is a set of phrases of which one
will do, a phrase the words that all have to be there. Words are as ``words.tokens`` makes them: letters, digits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from lumosai_marketplace.service.search.schema import COLUMNS, TEXT, WEIGHTS

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

NARROW = COLUMNS[:-1]
"""The columns without the summary, in which a common word is in every second plugin."""
_LABELS = "ABCD"
_RANK_SCALE = 16.0
"""What makes ts_rank (0 to 1) weigh about as much as bm25 does."""

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query. The last word may be unfinished where ``prefix`` says so."""

    alternatives: tuple[tuple[Phrase, ...], ...]
    prefix: bool = True


def of_words(words: Sequence[str]) -> Asked:
    """Return the query for plugins that have all of *words*, the last of them unfinished if it has two letters."""
    return Asked(tuple(((w,),) for w in words), prefix=bool(words) and len(words[-1]) > 1)


async def put(session: AsyncSession, project_id: int, texts: Mapping[str, str]) -> None:
    """Index a plugin's texts by column; what was indexed of it before is gone."""
    await remove(session, project_id)
    names = ", ".join(COLUMNS)
    values: dict[str, Any] = {"id": project_id, **{c: texts[c] for c in COLUMNS}}
    if _is_sqlite(session):
        query = f"INSERT INTO {TEXT} (rowid, {names}) VALUES (:id, {', '.join(f':{c}' for c in COLUMNS)})"  # noqa: S608
    else:
        parts = [f"setweight(to_tsvector('simple', :{c}), '{w}')" for c, w in zip(COLUMNS, _LABELS, strict=True)]
        query = f"INSERT INTO {TEXT} (project_id, words) VALUES (:id, {' || '.join(parts)})"  # noqa: S608
    await session.execute(text(query), values)


async def remove(session: AsyncSession, project_id: int) -> None:
    """Take a plugin out of the index."""
    key = "rowid" if _is_sqlite(session) else "project_id"
    await session.execute(text(f"DELETE FROM {TEXT} WHERE {key} = :id"), {"id": project_id})  # noqa: S608


async def matching(session: AsyncSession, asked: Asked, most: int, *, narrow: bool) -> list[int]:
    """Return up to *most* plugins that have the words, in no order; *narrow* leaves the summaries out."""
    if _is_sqlite(session):
        inner = f"SELECT rowid AS id FROM {TEXT} WHERE {TEXT} MATCH :query LIMIT :most"  # noqa: S608
        told = _fts5(asked, narrow=narrow)
    else:
        inner = f"SELECT project_id AS id FROM {TEXT} WHERE words @@ to_tsquery('simple', :query) LIMIT :most"  # noqa: S608
        told = _tsquery(asked, narrow=narrow)
    return (await _columns(session, inner, ("id",), {"query": told, "most": most}))[0]


async def ranked(session: AsyncSession, asked: Asked, most: int, *, narrow: bool) -> tuple[list[int], list[float]]:
    """Return up to *most* plugins that have the words, and how well each fits: more is better."""
    if _is_sqlite(session):
        weights = ", ".join(map(str, WEIGHTS))
        score = f"-bm25({TEXT}, {weights})"
        inner = f"SELECT rowid AS id, {score} AS score FROM {TEXT} WHERE {TEXT} MATCH :query LIMIT :most"  # noqa: S608
        told = _fts5(asked, narrow=narrow)
    else:
        inner = (
            f"SELECT project_id AS id, {_RANK_SCALE} * ts_rank('{{0.1, 0.4, 0.6, 1.0}}', words, query) AS score"  # noqa: S608
            f" FROM {TEXT}, to_tsquery('simple', :query) query WHERE words @@ query LIMIT :most"
        )
        told = _tsquery(asked, narrow=narrow)
    ids, scores = await _columns(session, inner, ("id", "score"), {"query": told, "most": most})
    return ids, scores


async def _columns(
    session: AsyncSession, inner: str, names: Sequence[str], values: Mapping[str, Any]
) -> list[list[Any]]:
    """Return a query's columns, each as one value: row by row, ten thousand would cost more than to find them."""
    gather = "json_group_array" if _is_sqlite(session) else "array_agg"
    query = f"SELECT {', '.join(f'{gather}({n})' for n in names)} FROM ({inner}) AS found"  # noqa: S608
    row = (await session.execute(text(query), values)).one()
    return [json.loads(c) if isinstance(c, str) else c or [] for c in row]


def _is_sqlite(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _fts5(asked: Asked, *, narrow: bool) -> str:
    """Return a query of FTS5: words in quotes, which it takes for words whatever they are."""
    last = asked.alternatives[-1] if asked.prefix else None
    groups = []
    for alternative in asked.alternatives:
        phrases = [_all(p, '"{}"', '"{}"*' if alternative is last else '"{}"', " AND ") for p in alternative]
        groups.append(f"({' OR '.join(phrases)})")
    columns = f"{{{' '.join(NARROW)}}} : " if narrow else ""
    return f"{columns}({' AND '.join(groups)})"


def _tsquery(asked: Asked, *, narrow: bool) -> str:
    """Return a query of PostgreSQL; *narrow* is said with the weights of the columns."""
    last = asked.alternatives[-1] if asked.prefix else None
    labels = _LABELS[: len(NARROW)] if narrow else ""
    plain, unfinished = (f"'{{}}':{labels}" if labels else "'{}'"), f"'{{}}':*{labels}"
    groups = []
    for alternative in asked.alternatives:
        phrases = [_all(p, plain, unfinished if alternative is last else plain, " & ") for p in alternative]
        groups.append(f"({' | '.join(phrases)})")
    return " & ".join(groups)


def _all(phrase: Phrase, word: str, last: str, joint: str) -> str:
    return f"({joint.join([*(word.format(w) for w in phrase[:-1]), last.format(phrase[-1])])})"
