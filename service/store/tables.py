"""All tables. A change here needs a migration; a test compares the two."""

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


class Words(TypeDecorator[str]):
    """Text that people or programs wrote. PostgreSQL cannot keep NUL, so it becomes U+FFFD."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return value if value is None else value.replace("\x00", "\ufffd")


Serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""SQLite numbers rows by itself only for its own INTEGER."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, Words, nullable=False)


def _bytes(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _of_connection(*, primary_key: bool = False) -> sa.Column[str]:
    owner = sa.ForeignKey("connections.id", ondelete="CASCADE")
    return sa.Column("connection", sa.Text, owner, primary_key=primary_key, nullable=False)


settings = sa.Table("settings", metadata, _id("name"), _bytes("value"))

identity = sa.Table(
    "identity",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    _text("id"),
    _words("name"),
    _text("epoch"),
    _bytes("keys"),
    _number("serial"),
)

connectors = sa.Table(
    "connectors",
    metadata,
    _id(),
    sa.Column("name", Words, nullable=False, unique=True),
    _text("system"),
    _bytes("params"),
    _number("created"),
    sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
)

connections = sa.Table(
    "connections",
    metadata,
    _id(),
    sa.Column("shared", sa.Text, nullable=False, index=True),
    sa.Column("name", Words, nullable=False, unique=True),
    _text("type"),
    _text("mode"),
    _text("status"),
    _words("local_side"),
    _words("remote_side"),
    sa.Column("connector", sa.Text, sa.ForeignKey("connectors.id"), nullable=False, index=True),
    sa.Column("peer", sa.Text, nullable=False, index=True),
    _text("counterpart"),
    _bytes("settings"),
    _number("created"),
    _number("changed"),
    _words("reason"),
    _words("description"),
    _bytes("standing", nullable=True),
)

rule_versions = sa.Table(
    "rule_versions",
    metadata,
    _of_connection(primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    _bytes("outgoing"),
    _bytes("incoming"),
    _words("author"),
    _words("message"),
    _number("created"),
    sa.Column("snippets", sa.LargeBinary, nullable=False, server_default="{}"),
)

rule_snippets = sa.Table(
    "rule_snippets",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    _bytes("source"),
    _words("author"),
    _words("message"),
    _number("created"),
    _flag("removed"),
)

rule_drafts = sa.Table(
    "rule_drafts",
    metadata,
    _of_connection(primary_key=True),
    _bytes("outgoing"),
    _bytes("incoming"),
    _number("based_on"),
    _words("author"),
    _words("message"),
    _number("saved"),
)

rule_recordings = sa.Table(
    "rule_recordings",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    _of_connection(),
    _number("at"),
    _text("place"),
    _number("size"),
    _bytes("sealed"),
    sa.Index(None, "connection", "at"),
    sa.Index(None, "connection", "id", "size"),
)

peers = sa.Table(
    "peers",
    metadata,
    _id(),
    _words("name"),
    _bytes("identity_key"),
    _bytes("message_key"),
    _text("epoch"),
    sa.Column("url", sa.Text),
    _text("received_epoch"),
    _number("received"),
    _number("last_contact"),
    _bytes("relay", nullable=True),
    sa.Column("relay_heard", sa.BigInteger, nullable=False, server_default="0"),
    _text("feed_epoch"),
    _bytes("trust", nullable=True),
)

runs = sa.Table("runs", metadata, _id(), sa.Column("at", sa.BigInteger, nullable=False, index=True))

invitations = sa.Table(
    "invitations",
    metadata,
    _id(),
    _bytes("verifier"),
    _bytes("draft"),
    _number("created"),
    _number("expires"),
    _number("tries"),
    _number("used", nullable=True),
    _number("revoked", nullable=True),
    _bytes("answer", nullable=True),
    sa.Column("connection", sa.Text, index=True),
)

# The large columns stand last, so that reading a small one need not pass over them.
twins = sa.Table(
    "twins",
    metadata,
    _of_connection(primary_key=True),
    _id("twin"),
    _text("connector"),
    sa.Column("issue_id", sa.Text),
    sa.Column("issue_key", sa.Text),
    sa.Column("lease_owner", sa.Text),
    _number("lease_until"),
    _number("fence"),
    _flag("dirty"),
    sa.Column("due_at", sa.BigInteger, index=True),
    _number("attempts"),
    _number("reconciled_at"),
    _flag("parked"),
    _flag("stopped"),
    _number("created"),
    _number("incoming_version"),
    _bytes("state"),
    _bytes("incoming", nullable=True),
    # These came later, and are searched by, not read.
    sa.Column("remote_id", sa.Text, index=True),
    sa.Column("remote_key", sa.Text, index=True),
    sa.Column("unsettled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(None, "connector", "issue_id"),
    sa.Index(None, "connector", "issue_key"),
)

parked = sa.Table(
    "parked",
    metadata,
    sa.Column("connection", sa.Text, primary_key=True),
    _id("twin"),
    _number("since"),
    _bytes("body"),
    sa.ForeignKeyConstraint(
        ["connection", "twin"], ["twins.connection", "twins.twin"], ondelete="CASCADE"
    ),
)

awaited = sa.Table(
    "awaited",
    metadata,
    _of_connection(primary_key=True),
    _id("twin"),
    _id("what"),
    sa.Index(None, "connection", "what"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    _id("connection"),
    _id("twin"),
    _id("peer"),
    _number("seq"),
    _number("created"),
    _number("size"),
    _bytes("payload"),
    sa.Index(None, "peer", "seq", unique=True),
)

outbox_counters = sa.Table("outbox_counters", metadata, _id("peer"), _number("newest"))

conflicts = sa.Table(
    "conflicts",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    _of_connection(),
    _text("twin"),
    _number("at"),
    _bytes("body"),
    sa.Index(None, "connection", "twin"),
)

activity = sa.Table(
    "activity",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    _number("at"),
    _text("connection"),
    _text("twin"),
    _bytes("body"),
    sa.Index(None, "connection", "id"),
    sa.Index(None, "twin", "id"),
)

cursors = sa.Table(
    "cursors",
    metadata,
    sa.Column(
        "connector",
        sa.Text,
        sa.ForeignKey("connectors.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    _id("name"),
    _bytes("cursor"),
    _number("changed"),
)

nonces = sa.Table(
    "nonces",
    metadata,
    _id("key_id"),
    _id("nonce"),
    sa.Column("expires", sa.BigInteger, nullable=False, index=True),
)

attachment_requests = sa.Table(
    "attachment_requests",
    metadata,
    _id(),
    sa.Column("peer", sa.Text, nullable=False, index=True),
    _of_connection(),
    _text("twin"),
    _text("attachment"),
    _words("filename"),
    _number("size"),
    _text("state"),
    _words("path"),
    _text("sha256"),
    _words("reason"),
    _number("created"),
    sa.UniqueConstraint("connection", "twin", "attachment"),
)

# At the relay: who may meet whom, and what lies there sealed.
relay_passes = sa.Table(
    "relay_passes",
    metadata,
    _id(),
    sa.Column("name", Words, nullable=False, unique=True),
    _bytes("secret"),
    _number("quota"),
    _number("created"),
    _number("expires"),
    _number("revoked", nullable=True),
)

relay_channels = sa.Table(
    "relay_channels",
    metadata,
    _id(),
    sa.Column("pass_id", sa.Text, sa.ForeignKey("relay_passes.id"), nullable=False, index=True),
    _bytes("inviter"),
    _bytes("joiner", nullable=True),
    _bytes("join_key"),
    _number("tries"),
    _number("created"),
)


def _of_channel() -> sa.Column[str]:
    owner = sa.ForeignKey("relay_channels.id", ondelete="CASCADE")
    return sa.Column("channel", sa.Text, owner, primary_key=True)


relay_slots = sa.Table(
    "relay_slots",
    metadata,
    _of_channel(),
    _id("side"),
    _id("slot"),
    _number("number"),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    _number("size"),
    _bytes("envelope"),
)

relay_blobs = sa.Table(
    "relay_blobs",
    metadata,
    _of_channel(),
    _id("side"),
    _id("blob"),
    sa.Column("upload", sa.Text, nullable=False, unique=True),
    _text("head"),
    _number("size"),
    _flag("whole"),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
)

relay_chunks = sa.Table(
    "relay_chunks",
    metadata,
    sa.Column(
        "upload",
        sa.Text,
        sa.ForeignKey("relay_blobs.upload", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    _bytes("content"),
)

# The management API: who may call it, what was changed by it, and what it is working on.
api_tokens = sa.Table(
    "api_tokens",
    metadata,
    _id(),
    sa.Column("name", Words, nullable=False, unique=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    _text("role"),
    _flag("edit_alm"),
    _bytes("connections"),
    _number("created"),
    _words("created_by"),
    _number("expires", nullable=True),
    _number("last_used", nullable=True),
    _number("revoked", nullable=True),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    _words("caller"),
    _text("action"),
    _words("target"),
    _number("status"),
    _bytes("body"),
    sa.Index(None, "caller", "id"),
    sa.Index(None, "action", "id"),
    sa.Index(None, "target", "id"),
)

api_answers = sa.Table(
    "api_answers",
    metadata,
    _id("caller"),
    _id("key"),
    _bytes("digest"),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    _number("status"),
    _bytes("body", nullable=True),
)

tasks = sa.Table(
    "tasks",
    metadata,
    _id(),
    sa.Column("created", sa.BigInteger, nullable=False, index=True),
    _text("status"),
    _text("owner"),
    _bytes("work"),
    _bytes("progress"),
)

disclosures = sa.Table(
    "disclosures",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    # It outlives its connection: what has left has left.
    _text("connection"),
    _text("twin"),
    _number("at"),
    _number("version"),
    _words("field"),
    _text("digest"),
    sa.Column("masked", sa.Boolean, nullable=False, server_default=sa.false()),
    # The other node's id; '' where it went to another tracker of this node.
    sa.Column("partner", sa.Text, nullable=False, server_default=""),
    sa.Index(None, "connection", "twin"),
    sa.Index(None, "connection", "id"),
    sa.Index(None, "partner"),
)

# SD Elements' ALM API. Ids are numbers, as its clients know them.
alm_connectors = sa.Table(
    "alm_connectors",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    _words("name"),
    _text("system"),
    _flag("inaccessible"),
    _bytes("params"),
    sqlite_autoincrement=True,
)

alm_connections = sa.Table(
    "alm_connections",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    _number("connector"),
    _words("alias"),
    _words("project"),
    _text("frequency"),
    _flag("debug_mode"),
    _bytes("params"),
    _text("own"),
    _bytes("names"),
    _text("remote"),
    _number("due", nullable=True),
    sqlite_autoincrement=True,
)

alm_jobs = sa.Table(
    "alm_jobs",
    metadata,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("connection", sa.BigInteger, nullable=False),
    _words("user"),
    _flag("automatic"),
    _flag("ready"),
    _flag("succeeded"),
    _words("message"),
    _number("created"),
    _number("ended", nullable=True),
    _text("owner"),
    _bytes("progress"),
    sa.Index(None, "connection", "id"),
    sqlite_autoincrement=True,
)

# What became of each step of a task: what is done is not done again when it goes on.
task_rows = sa.Table(
    "task_rows",
    metadata,
    sa.Column("task", sa.Text, sa.ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", Words, primary_key=True),
    _number("number"),
    _words("subject"),
    _text("outcome"),
    _words("detail"),
    sa.Index(None, "task", "number"),
)

# Which local issues come under sync by themselves, and which bulk work takes.
triggers = sa.Table(
    "triggers",
    metadata,
    _of_connection(primary_key=True),
    sa.Column("name", Words, primary_key=True),
    _flag("active"),
    _number("created"),
    _bytes("body"),
)

# How the other side's values were called, by the ids of its tracker.
remote_names = sa.Table(
    "remote_names",
    metadata,
    _of_connection(primary_key=True),
    sa.Column("field", Words, primary_key=True),
    sa.Column("value", Words, primary_key=True),
    sa.Column("name", Words, primary_key=True),
    _number("at"),
)

# Dry runs that were asked of a peer, or by one, for as long as they are waited for.
dry_runs = sa.Table(
    "dry_runs",
    metadata,
    _of_connection(primary_key=True),
    sa.Column("ours", sa.Boolean, primary_key=True),
    _id(),
    _text("peer"),
    _number("until"),
    _flag("open"),
    _bytes("answer", nullable=True),
)
