"""Alembic's entry: migrations run on the connection that they are given, in the transaction it is in."""

from __future__ import annotations

from alembic import context

from lumosai_marketplace.service import stats  # noqa: F401 - its tables
from lumosai_marketplace.service.db import logins  # noqa: F401
from lumosai_marketplace.service.db.models import Base
from lumosai_marketplace.service.search import schema

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_name=lambda name, kind, _: kind != "table" or not schema.is_text(name or ""),
    render_as_batch=context.config.attributes.get("batch", connection.dialect.name == "sqlite"),
)
with context.begin_transaction():
    context.run_migrations()
