"""PostgreSQL's errors, told with what to do about them, and without what the connection was proved by."""

from __future__ import annotations

from lumosai_sdk.errors import InputError, LumosError, StorageError

_SETTINGS = "[plugins.pgvector.settings]"
_BY_CODE: tuple[tuple[str, str, str], ...] = (
    ("0A000", "PostgreSQL has no pgvector", "install the package postgresql-NN-pgvector on its machine"),
    ("58P01", "PostgreSQL has no pgvector", "install the package postgresql-NN-pgvector on its machine"),
    ("42501", "PostgreSQL does not allow it", "have its administrator run once, there: CREATE EXTENSION vector"),
    ("28", "PostgreSQL refuses the connection", f"check dsn in {_SETTINGS}"),
    ("3D000", "PostgreSQL refuses the connection", f"check dsn in {_SETTINGS}"),
    ("53100", "PostgreSQL is out of room", "free space on the database's machine"),
    ("53300", "PostgreSQL has no connection left", f"lower pool in {_SETTINGS}"),
    ("08", "PostgreSQL cannot be reached", "is it up, and is dsn right?"),
    ("57", "PostgreSQL cannot be reached", "is it up, and is dsn right?"),
)


def explain(error: BaseException) -> LumosError:
    """Return the error to raise for one of the driver's, or the system's."""
    if isinstance(error, TimeoutError):
        return StorageError("PostgreSQL did not answer in time", hint=f"is it up? Or raise timeout in {_SETTINGS}")
    code = "08" if isinstance(error, OSError) else str(getattr(error, "sqlstate", "") or "")
    text = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no more is known'}"
    if code.startswith("54"):
        return InputError(f"PostgreSQL cannot keep this: {text}", hint="ids of at most 2600 bytes can be indexed")
    for start, what, hint in _BY_CODE:
        if code.startswith(start):
            return StorageError(f"{what} ({text})", hint=hint)
    return StorageError(f"PostgreSQL: {text}")
