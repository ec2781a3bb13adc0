"""What Neo4j's driver raises, as one clear line of ours that says what to do."""

from __future__ import annotations

import re

from neo4j.exceptions import AuthError, DriverError, IncompleteCommit, Neo4jError

from graphrec.errors import QueryError, StoreBusy, StoreError
from graphrec.store.neo4j.login import Login

Failure = (Neo4jError, DriverError, OSError)
"""What a call of the driver may raise, besides ``ValueError`` and ``TypeError`` for values that it cannot send."""

_PREFIX = "Neo.ClientError."
_ACTS = {
    "Security.AuthenticationRateLimit": "it was given too many wrong passwords; wait a few seconds, then try again",
    "Security.CredentialsExpired": "the password must be changed first, for example in Neo4j Browser",
    "General.WriteOnReadOnlyAccessDatabase": "the server lets this database be read only: {reason}; "
    "take it out of server.databases.read_only, or name another with NEO4J_DATABASE",
    "Security.Forbidden": "the user {user!r} has no right to do this: {reason}; grant it, or set NEO4J_USERNAME",
    "Security.TokenExpired": "the login has expired; log in again",
    "Schema.ConstraintValidationFailed": "the stored nodes contradict the schema: {reason}",
    "Database.DatabaseNotFound": "there is no database {database}; set NEO4J_DATABASE",
}
_MEMORY = "MemoryPoolOutOfMemoryError"
_HEAP = "General.OutOfMemoryError"
_TIMEOUT = "Transaction.TransactionTimedOut"


def worth_retrying(error: BaseException) -> bool:
    """Return whether the same work may succeed a moment later; ours may always be repeated."""
    if isinstance(error, IncompleteCommit):
        return True
    if isinstance(error, Neo4jError):
        return error.is_retryable() and _MEMORY not in (error.code or "")
    return isinstance(error, DriverError) and error.is_retryable()


def explained(error: BaseException, uri: str, login: Login) -> StoreError:
    """Return the error to raise for what went wrong at ``uri``."""
    reason = _line(error)
    if isinstance(error, AuthError) and "RateLimit" not in (error.code or ""):
        cure = "set NEO4J_USERNAME and NEO4J_PASSWORD, or NEO4J_PASSWORD_FILE"
        without = "" if login.password else " without a password"
        return StoreError(f"{uri} refused the login of {login.user!r}{without}; {cure}")
    if not isinstance(error, Neo4jError):
        return StoreError(
            f"{uri} cannot be reached: {reason}; is Neo4j running there, and the address right?"
        )
    code = (error.code or "").removeprefix(_PREFIX)
    if code in _ACTS:
        database = repr(login.database) if login.database else "of that user"
        return StoreError(f"{uri}: {_ACTS[code].format(user=login.user, reason=reason, database=database)}")
    if _MEMORY in code:
        return StoreError(
            f"{uri}: the server has too little memory for one transaction; "
            "raise dbms.memory.transaction.total.max or its heap, and repeat the command"
        )
    if code.startswith(_TIMEOUT):
        return StoreError(f"{uri}: it took longer than the time allowed, and the server ended it")
    if code.startswith("Neo.TransientError"):
        return StoreBusy(f"{uri} is busy: {reason}; repeat the command, which finishes what was begun")
    return StoreError(f"{uri}: {reason}")


def wrong_query(error: BaseException, uri: str, login: Login) -> StoreError:
    """Return the error to raise for a query of the user's that failed."""
    code = getattr(error, "code", None) or ""
    if code.endswith("Statement.AccessMode"):
        return QueryError("the query failed: it would write, and a query only reads")
    if code.startswith(f"{_PREFIX}{_TIMEOUT}"):
        return QueryError("the query failed: it took longer than the time allowed; ask for less")
    if _MEMORY in code or _HEAP in code:
        return QueryError("the query failed: it needs more memory than the server gives it; ask for less")
    if code.startswith((f"{_PREFIX}Statement", f"{_PREFIX}Procedure", "Neo.DatabaseError.Statement")):
        return QueryError(f"the query failed: {_line(error)}")
    if isinstance(error, Failure):
        return explained(error, uri, login)
    return QueryError(f"the query failed: a parameter cannot be sent to the database: {_line(error)}")


def _line(error: BaseException) -> str:
    """Return the server's own words in one line."""
    text = (error.message if isinstance(error, Neo4jError) else None) or str(error) or type(error).__name__
    return re.sub(r"\s+", " ", text.strip().splitlines()[0]).rstrip(":.")
