"""Alembic's entry: migrations run on the connection that they are given, in the transaction it is in."""

from __future__ import annotations

from alembic import context

from lumosai_marketplace.service.db import logins  # noqa: F401 - its tables
from lumosai_marketplace.service.db.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=context.config.attributes.get("batch", connection.dialect.name == "sqlite"),
)
with context.begin_transaction():
    context.run_migrations()
