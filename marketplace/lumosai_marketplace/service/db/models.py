"""The tables of an index. Times are UTC, in seconds since the epoch; JSON is kept as text, read where it is used."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(naming_convention=NAMES)


# --- people and what is theirs


class User(Base):
    """Somebody who signs in to this service. ``subject`` is what certificates call them: an e-mail address."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(320), unique=True)
    password: Mapped[str] = mapped_column(String(255))  # scrypt, with its parameters and salt; empty: cannot sign in
    admin: Mapped[bool]
    created: Mapped[float]


class Namespace(Base):
    """The first segment of names. ``proof`` says how it was proven: ``dns:acme.com``, ``github:acme``, ``admin``."""

    __tablename__ = "namespaces"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(39), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    proof: Mapped[str] = mapped_column(String(255))  # empty until proven: nothing is published before
    challenge: Mapped[str] = mapped_column(String(255))
    created: Mapped[float]


class Member(Base):
    """Who else may publish in a namespace (``role`` ``publisher``) or decide about it (``owner``)."""

    __tablename__ = "members"

    namespace_id: Mapped[int] = mapped_column(ForeignKey("namespaces.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(16))


class Publisher(Base):
    """Who may sign and upload for a namespace, or for one ``plugin`` of it: the fields of a ``Signer``, empty for any.

    A workflow is matched by the numbers of its repository and owner, and by its file; a person by issuer and subject.
    """

    __tablename__ = "publishers"

    id: Mapped[int] = mapped_column(primary_key=True)
    namespace_id: Mapped[int] = mapped_column(ForeignKey("namespaces.id"), index=True)
    plugin: Mapped[str] = mapped_column(String(64))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(320))
    repository: Mapped[str] = mapped_column(String(255))
    repository_id: Mapped[str] = mapped_column(String(32))
    owner_id: Mapped[str] = mapped_column(String(32))
    workflow: Mapped[str] = mapped_column(String(255))
    ref: Mapped[str] = mapped_column(String(255))
    created: Mapped[float]


class Token(Base):
    """An upload token, by the hash of its secret. ``projects`` are the wire names it is for, separated by spaces.

    It is a person's, or of the identity (``signer_json``) that was exchanged for it: of no publisher that is registered
    somewhere, since somebody else may take that away.
    """

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    signer_json: Mapped[str] = mapped_column(Text, default="", server_default="")
    projects: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(String(80))
    created: Mapped[float]
    expires: Mapped[float]
    revoked: Mapped[float | None]


# --- plugins


class Project(Base):
    """A plugin. ``latest_id`` is the newest release that is active and no pre-release, else the newest active one."""

    __tablename__ = "projects"

    id: Mapped[int] = mapped_column(primary_key=True)
    namespace_id: Mapped[int] = mapped_column(ForeignKey("namespaces.id"), index=True)
    wire: Mapped[str] = mapped_column(String(64), unique=True)
    status: Mapped[str] = mapped_column(String(16))  # active, archived, quarantined (PEP 792)
    status_reason: Mapped[str] = mapped_column(Text)
    former_status: Mapped[str] = mapped_column(String(16), default="", server_default="")  # before it was quarantined
    former_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    latest_id: Mapped[int | None] = mapped_column(BigInteger)
    downloads: Mapped[int] = mapped_column(BigInteger)  # counted as in ``Download``
    created: Mapped[float]


class Release(Base):
    """A version: one wheel. ``state``: pending, active, yanked, quarantined. Its row is there before its bytes are.

    ``metadata_json`` are the core metadata as JSON, ``manifest_json`` the manifest, ``facts_json`` the signed
    predicate, ``signer_json`` who signed it.
    """

    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("project_id", "version"), Index(None, "state", "uploaded"))

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    version: Mapped[str] = mapped_column(String(64))  # normalized, PEP 440
    state: Mapped[str] = mapped_column(String(16))
    state_reason: Mapped[str] = mapped_column(Text)
    former_state: Mapped[str] = mapped_column(String(16), default="", server_default="")  # before it was quarantined
    former_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    filename: Mapped[str] = mapped_column(String(255), unique=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    metadata_sha256: Mapped[str] = mapped_column(String(64))
    requires_python: Mapped[str] = mapped_column(String(255))
    summary: Mapped[str] = mapped_column(Text)
    readme: Mapped[str] = mapped_column(Text)
    metadata_json: Mapped[str] = mapped_column(Text)
    manifest_json: Mapped[str] = mapped_column(Text)
    facts_json: Mapped[str] = mapped_column(Text)
    signer_json: Mapped[str] = mapped_column(Text)
    provenance_json: Mapped[str] = mapped_column(Text)  # the provenance object of PEP 740
    signed: Mapped[float]  # the log's time
    log_index: Mapped[int] = mapped_column(BigInteger)
    uploaded: Mapped[float]


class Advisory(Base):
    """An advisory in the OSV format; ``document`` is the whole of it."""

    __tablename__ = "advisories"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), index=True)
    document: Mapped[str] = mapped_column(Text)
    modified: Mapped[float] = mapped_column(index=True)
    withdrawn: Mapped[float | None]


class Download(Base):
    """Downloads of a project on a day. A network (``seen``, a keyed hash that changes daily) counts once a day."""

    __tablename__ = "downloads"

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)  # days since the epoch
    seen: Mapped[str] = mapped_column(String(32), primary_key=True)


# --- around them


class Webhook(Base):
    """Where a namespace's owner wants to be told of ``events`` (separated by spaces; ``*`` for all)."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    namespace_id: Mapped[int] = mapped_column(ForeignKey("namespaces.id"), index=True)
    url: Mapped[str] = mapped_column(String(2048))
    secret: Mapped[str] = mapped_column(String(255))
    events: Mapped[str] = mapped_column(Text)
    created: Mapped[float]


class Delivery(Base):
    """One event on its way to one webhook, kept until it arrived or was given up."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"), index=True)
    event: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int]
    due: Mapped[float] = mapped_column(index=True)
    done: Mapped[float | None]
    answer: Mapped[str] = mapped_column(Text)


class Audit(Base):
    """Who did what to what, for ever."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(320))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(255), index=True)
    detail: Mapped[str] = mapped_column(Text)


# --- the transparency log


class LogHead(Base):
    """The one row (``id`` 0) that whoever appends to the log locks first: one writer, whatever number of services."""

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[bytes] = mapped_column(LargeBinary(32))


class LogEntry(Base):
    """An entry of the log; ``leaf`` is the hash of its body (RFC 6962, section 2.1).

    ``statement`` is what was signed, kept beside the tree: the body has but its hash, and monitors look for names.
    """

    __tablename__ = "log_entries"

    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    leaf: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    statement: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[float]


class LogTile(Base):
    """Up to 256 hashes of one level of the tree, one after another; ``level`` counts tiles up (C2SP tlog-tiles)."""

    __tablename__ = "log_tiles"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)
