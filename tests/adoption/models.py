"""The data contract as the models of a Flask application: what `db.Model` classes become."""

from sqlalchemy import (
    JSON, Boolean, Column, Date, DateTime, Float, ForeignKey, Index, Integer, MetaData, String,
    Table, Text, func, true,
)


def column(*arguments, **options):
    """A column without the keys that are left out."""
    return Column(*[argument for argument in arguments if argument is not None], **options)


def contract(name=lambda table: table, without=(), python_defaults=False, keys=True):
    """The nine tables.

    `name` gives the name of each table, `without` has the `table` and `table.column` names to leave
    out. Without `keys`, there are no foreign keys. With `python_defaults`, defaults are set by Python and not by the database, as
    `default=` does in place of `server_default=`.
    """
    metadata = MetaData()

    def ref(table, **options):
        if not keys:
            return None
        return ForeignKey(f"{name(table)}.id", **options)

    def default(value):
        return {} if python_defaults else {"server_default": value}

    def table(table_name, *items):
        if table_name in without:
            return
        is_kept = lambda item: f"{table_name}.{item.name}" not in without
        Table(name(table_name), metadata, Column("id", Integer, primary_key=True),
              *[item for item in items if is_kept(item)])

    created_at = lambda: column("created_at", DateTime, **default(func.now()))
    updated_at = lambda: column("updated_at", DateTime, **default(func.now()))

    table("workspace",
          column("name", String(128), nullable=False),
          column("slug", String(64), nullable=False, unique=True),
          column("settings", JSON, **default("{}")),
          created_at())
    table("user",
          column("username", String(64), nullable=False, unique=True, index=True),
          column("email", String(120), nullable=False, unique=True, index=True),
          column("password_hash", String(256)),
          column("workspace_id", Integer, ref("workspace"), index=True),
          column("role", String(20), **default("member")),
          column("is_active", Boolean, **default(true())),
          created_at())
    table("session",
          column("external_id", String(36), nullable=False, unique=True),
          column("status", String(20), **default("pending")),
          column("user_id", Integer, ref("user"), index=True),
          column("language", String(10), **default("en")),
          column("vad_enabled", Boolean, **default(true())),
          column("started_at", DateTime),
          column("ended_at", DateTime),
          created_at())
    table("meeting",
          column("title", String(255), nullable=False),
          column("description", Text),
          column("status", String(20), **default("draft")),
          column("workspace_id", Integer, ref("workspace"), nullable=False),
          column("organizer_id", Integer, ref("user"), nullable=False, index=True),
          column("session_id", String(36), unique=True),
          column("scheduled_start", DateTime),
          column("scheduled_end", DateTime),
          created_at(), updated_at())
    table("segment",
          column("session_id", Integer, ref("session"), nullable=False),
          column("text", Text, nullable=False),
          column("confidence", Float),
          column("start_ms", Integer),
          column("end_ms", Integer),
          column("speaker", String(50)),
          column("language", String(10)),
          column("kind", String(20), **default("final")),
          created_at())
    table("task",
          column("title", String(255), nullable=False),
          column("description", Text),
          column("status", String(20), **default("todo")),
          column("priority", String(20), **default("medium")),
          column("meeting_id", Integer, ref("meeting"), nullable=False),
          column("assigned_to_id", Integer, ref("user")),
          column("created_by_id", Integer, ref("user"), nullable=False),
          column("due_date", Date),
          column("completed_at", DateTime),
          column("depends_on_task_id", Integer, ref("task")),
          created_at(), updated_at())
    table("participant",
          column("meeting_id", Integer, ref("meeting"), nullable=False),
          column("user_id", Integer, ref("user"), nullable=False),
          column("role", String(20), **default("participant")),
          column("status", String(20), **default("invited")),
          column("joined_at", DateTime),
          column("left_at", DateTime),
          created_at())
    table("analytics",
          column("meeting_id", Integer, ref("meeting"), unique=True),
          column("analysis_status", String(20), **default("pending")),
          column("meeting_effectiveness_score", Float),
          column("overall_engagement_score", Float),
          column("overall_sentiment_score", Float),
          column("key_topics", JSON),
          column("action_items_summary", JSON),
          column("decisions_made", JSON),
          created_at(), updated_at())
    table("marker",
          column("session_id", String(36), nullable=False),
          column("user_id", Integer, ref("user"), nullable=False),
          column("type", String(20), nullable=False),
          column("content", Text, nullable=False),
          column("timestamp", Integer),
          column("speaker", String(50)),
          created_at())
    Table("alembic_version", metadata, Column("version_num", String(32), primary_key=True))
    return metadata


def documented_indexes(metadata, name):
    """The composite indexes of the document, with names as Alembic gives them."""
    def index(table_name, *columns, unique=False):
        table = metadata.tables[name(table_name)]
        Index(f"ix_{table.name}_list_{len(table.indexes)}", *[
            table.c[column.removeprefix("-")].desc() if column.startswith("-") else table.c[column]
            for column in columns
        ], unique=unique)

    index("meeting", "workspace_id", "status", "-created_at")
    index("meeting", "workspace_id", "scheduled_start")
    index("session", "status", "-started_at")
    index("segment", "session_id", "start_ms")
    index("segment", "kind")
    index("task", "assigned_to_id", "status", "due_date")
    index("task", "meeting_id", "status")
    index("task", "created_by_id")
    index("task", "depends_on_task_id")
    index("participant", "meeting_id", "user_id", unique=True)
    index("participant", "user_id")
    index("analytics", "analysis_status", "-created_at")
    index("marker", "session_id", "timestamp")
    index("marker", "user_id")
