"""PostgreSQL's errors, told with what to do about them, and without what the connection was proved by."""

from __future__ import annotations

from typing import Any

from lumosai_sdk.errors import StorageError

_SETTINGS = "[plugins.postgres.settings]"


def explain(error: BaseException) -> StorageError:
    """Return the error to raise for one of the driver's, or the system's."""
    code = str(getattr(error, "sqlstate", "") or "")
    text = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no more is known'}"
    if code.startswith("28") or code == "3D000":
        return StorageError(f"PostgreSQL refuses the connection ({text})", hint=f"check dsn in {_SETTINGS}")
    if code in {"53100", "53200"}:
        return StorageError(f"PostgreSQL is out of room ({text})", hint="free space on the database's machine")
    if code == "53300":
        return StorageError(f"PostgreSQL has no connection left ({text})", hint=f"lower pool in {_SETTINGS}")
    if code == "25006":
        return StorageError(f"PostgreSQL takes no writes ({text})", hint="is dsn that of a standby?")
    if isinstance(error, OSError | TimeoutError) or code.startswith(("08", "57")):
        return StorageError(f"PostgreSQL cannot be reached ({text})", hint="is it up, and is dsn right?")
    return StorageError(f"PostgreSQL: {text}")


def blames_row(error: BaseException) -> bool:
    """Tell whether the rows are at fault, not the database: they would be refused again."""
    code: Any = getattr(error, "sqlstate", "") or ""
    module = type(error).__module__
    return str(code)[:2] in {"22", "23", "42"} or (module.startswith("asyncpg") and type(error).__name__ == "DataError")
