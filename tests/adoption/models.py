"""The data contract as the models of a Flask application: what `db.Model` classes become."""

from sqlalchemy import (
    JSON, Boolean, Column, Date, DateTime, Float, ForeignKey, Index, Integer, MetaData, String,
    Table, Text, func, true,
)


def contract(name=lambda table: table, without=(), python_defaults=False):
    """The nine tables.

    `name` gives the name of each table, `without` has the `table` and `table.column` names to leave
    out. With `python_defaults`, defaults are set by Python and not by the database, as
    `default=` does in place of `server_default=`.
    """
    metadata = MetaData()

    def ref(table, **options):
        return ForeignKey(f"{name(table)}.id", **options)

    def default(value):
        return {} if python_defaults else {"server_default": value}

    def table(table_name, *items):
        if table_name in without:
            return
        is_kept = lambda item: f"{table_name}.{item.name}" not in without
        Table(name(table_name), metadata, Column("id", Integer, primary_key=True),
              *[item for item in items if is_kept(item)])

    created_at = lambda: Column("created_at", DateTime, **default(func.now()))
    updated_at = lambda: Column("updated_at", DateTime, **default(func.now()))

    table("workspace",
          Column("name", String(128), nullable=False),
          Column("slug", String(64), nullable=False, unique=True),
          Column("settings", JSON, **default("{}")),
          created_at())
    table("user",
          Column("username", String(64), nullable=False, unique=True, index=True),
          Column("email", String(120), nullable=False, unique=True, index=True),
          Column("password_hash", String(256)),
          Column("workspace_id", Integer, ref("workspace"), index=True),
          Column("role", String(20), **default("member")),
          Column("is_active", Boolean, **default(true())),
          created_at())
    table("session",
          Column("external_id", String(36), nullable=False, unique=True),
          Column("status", String(20), **default("pending")),
          Column("user_id", Integer, ref("user"), index=True),
          Column("language", String(10), **default("en")),
          Column("vad_enabled", Boolean, **default(true())),
          Column("started_at", DateTime),
          Column("ended_at", DateTime),
          created_at())
    table("meeting",
          Column("title", String(255), nullable=False),
          Column("description", Text),
          Column("status", String(20), **default("draft")),
          Column("workspace_id", Integer, ref("workspace"), nullable=False),
          Column("organizer_id", Integer, ref("user"), nullable=False, index=True),
          Column("session_id", String(36), unique=True),
          Column("scheduled_start", DateTime),
          Column("scheduled_end", DateTime),
          created_at(), updated_at())
    table("segment",
          Column("session_id", Integer, ref("session"), nullable=False),
          Column("text", Text, nullable=False),
          Column("confidence", Float),
          Column("start_ms", Integer),
          Column("end_ms", Integer),
          Column("speaker", String(50)),
          Column("language", String(10)),
          Column("kind", String(20), **default("final")),
          created_at())
    table("task",
          Column("title", String(255), nullable=False),
          Column("description", Text),
          Column("status", String(20), **default("todo")),
          Column("priority", String(20), **default("medium")),
          Column("meeting_id", Integer, ref("meeting"), nullable=False),
          Column("assigned_to_id", Integer, ref("user")),
          Column("created_by_id", Integer, ref("user"), nullable=False),
          Column("due_date", Date),
          Column("completed_at", DateTime),
          Column("depends_on_task_id", Integer, ref("task")),
          created_at(), updated_at())
    table("participant",
          Column("meeting_id", Integer, ref("meeting"), nullable=False),
          Column("user_id", Integer, ref("user"), nullable=False),
          Column("role", String(20), **default("participant")),
          Column("status", String(20), **default("invited")),
          Column("joined_at", DateTime),
          Column("left_at", DateTime),
          created_at())
    table("analytics",
          Column("meeting_id", Integer, ref("meeting"), unique=True),
          Column("analysis_status", String(20), **default("pending")),
          Column("meeting_effectiveness_score", Float),
          Column("overall_engagement_score", Float),
          Column("overall_sentiment_score", Float),
          Column("key_topics", JSON),
          Column("action_items_summary", JSON),
          Column("decisions_made", JSON),
          created_at(), updated_at())
    table("marker",
          Column("session_id", String(36), nullable=False),
          Column("user_id", Integer, ref("user"), nullable=False),
          Column("type", String(20), nullable=False),
          Column("content", Text, nullable=False),
          Column("timestamp", Integer),
          Column("speaker", String(50)),
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
