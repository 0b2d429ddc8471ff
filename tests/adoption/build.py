#!/usr/bin/env python3
"""Builds databases as a Flask application with SQLAlchemy and Alembic has them.

    build.py create VARIANT URL   creates the tables and rows of a variant in an empty database
    build.py write                writes the fixtures, one SQL file for each variant and database
    build.py check                fails if the fixtures are not what SQLAlchemy does

The fixtures are for tests that run where there is no Python.
"""

import json
import sqlite3
import sys
from pathlib import Path

from sqlalchemy import (
    JSON, BigInteger, CheckConstraint, Column, DateTime, Enum, ForeignKey, Index, Integer, Numeric, String, Table,
    Text, Uuid, create_engine, insert, text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from models import contract, documented_indexes
from rows import ODD, ODD_ON, rows

FOLDER = Path(__file__).parent
DIALECTS = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}
PLURALS = {name: f"{name}s" for name in
           ["workspace", "user", "meeting", "session", "segment", "task", "participant", "marker"]}


def plural(name):
    return PLURALS.get(name, name)


def documented():
    """As the document says, with all its indexes."""
    metadata = contract()
    documented_indexes(metadata, lambda name: name)
    return metadata, rows(), lambda dialect: []


def plurals():
    """With plural names, as SQLAlchemy's tutorials have them."""
    return contract(name=plural), {plural(name): of for name, of in rows().items()}, lambda dialect: []


def old():
    """From before the document: no markers, columns are missing, defaults are set by Python."""
    without = ["marker", "task.priority", "meeting.updated_at", "session.vad_enabled", "segment.kind"]
    kept = {
        name: [{key: value for key, value in row.items() if f"{name}.{key}" not in without} for row in of]
        for name, of in rows().items() if name not in without
    }
    return contract(without=without, python_defaults=True), kept, lambda dialect: []


def odd():
    """With values that the document does not know."""
    return contract(python_defaults=True), rows(), lambda dialect: ODD + ODD_ON[dialect]


def native():
    """With types of SQLAlchemy that PostgreSQL has of its own: enums by the names of Python's, 64-bit ids, UUIDs,
    decimals and times with time zones."""
    metadata = contract()
    enum = lambda name, *values: Enum(*[value.upper() for value in values], name=name)
    changed = {
        "user.role": enum("user_role", "admin", "organizer", "member"),
        "meeting.status": enum("meeting_status", "draft", "scheduled", "live", "completed", "cancelled"),
        "task.status": enum("task_status", "todo", "in_progress", "completed", "cancelled"),
        "task.priority": enum("task_priority", "low", "medium", "high", "critical"),
        "marker.type": enum("marker_type", "decision", "todo", "risk", "question"),
        "segment.confidence": Numeric(5, 2, asdecimal=False),
    }
    for place, column_type in changed.items():
        table, column = place.split(".")
        metadata.tables[table].c[column].type = column_type
        if metadata.tables[table].c[column].server_default is not None:
            metadata.tables[table].c[column].server_default.arg = (
                metadata.tables[table].c[column].server_default.arg.upper())
    for table in metadata.tables.values():
        for column in table.columns:
            if table.name != "alembic_version" and isinstance(column.type, Integer) and (
                    column.name == "id" or column.foreign_keys):
                column.type = BigInteger()
            if isinstance(column.type, DateTime):
                column.type = DateTime(timezone=True)
    for column in [metadata.tables["session"].c.external_id, metadata.tables["meeting"].c.session_id]:
        column.type = Uuid(as_uuid=False)
    stored = rows()
    for place in changed:
        table, column = place.split(".")
        for row in stored[table]:
            if isinstance(row[column], str):
                row[column] = row[column].upper()
    for table in stored:
        for number, row in enumerate(stored[table], 1):
            if table != "alembic_version":
                row["id"] = number
    return metadata, stored, lambda dialect: []


def soft():
    """With columns, tables and a view that only the application knows, and closed sets with CHECKs."""
    metadata = contract()
    for name, table in metadata.tables.items():
        if name != "alembic_version":
            table.append_column(Column("deleted_at", DateTime))
            table.append_column(Column("public_id", Uuid(as_uuid=False), unique=True))
            table.append_column(Column("version_id", Integer, nullable=False, server_default="1"))
    # As `Enum(…, native_enum=False, create_constraint=True)` does.
    values = "'todo', 'in_progress', 'completed', 'cancelled'"
    metadata.tables["task"].append_constraint(CheckConstraint(f"status IN ({values})", name="ck_task_status"))
    metadata.tables["task"].append_constraint(CheckConstraint("length(title) > 0", name="ck_task_title"))
    metadata.tables["workspace"].c.settings.type = JSON().with_variant(postgresql.JSONB(), "postgresql")
    Table("comment", metadata, Column("id", Integer, primary_key=True),
          Column("task_id", ForeignKey("task.id", ondelete="CASCADE"), nullable=False),
          Column("user_id", ForeignKey("user.id")), Column("body", Text, nullable=False))
    view = ("CREATE VIEW open_task AS SELECT task.id, task.title, meeting.title AS meeting FROM task "
            "JOIN meeting ON meeting.id = task.meeting_id WHERE task.deleted_at IS NULL")
    stored = rows()
    stored["comment"] = [{"task_id": 1, "user_id": 2, "body": "Soon."}, {"task_id": 2, "user_id": 1, "body": "Yes."}]
    return metadata, stored, lambda dialect: [view]


def named():
    """With names by a convention that gives the same names as Mina does, but to other indexes."""
    metadata = contract()
    documented_indexes(metadata, lambda name: name)
    for name, *columns in [
        ("ix_meeting_workspace_id_id", "workspace_id", "title"),
        ("ix_task_meeting_id_id", "meeting_id"),
        ("ix_meeting_workspace_id_organizer_id_id", "workspace_id", "organizer_id"),
    ]:
        table = metadata.tables[name.split("_")[1]]
        Index(name, *[table.c[column] for column in columns])
    return metadata, rows(), lambda dialect: []


def quoted():
    """With names that have to be quoted."""
    names = {"user": "User", "meeting": "Meetings", "task": "ToDo"}
    name = lambda table: names.get(table, table)
    metadata = contract(name=name)
    metadata.tables["ToDo"].append_column(Column("Estimate (h)", Integer))
    metadata.tables["ToDo"].append_column(Column("order", Integer, server_default="0"))
    Index("IX Open", metadata.tables["ToDo"].c["Estimate (h)"])
    return metadata, {name(table): of for table, of in rows().items()}, lambda dialect: []


def unkept():
    """With rows whose parents are gone, as an application without foreign keys leaves them."""
    metadata = contract(keys=False)
    left = [
        "DELETE FROM \"user\" WHERE id = 2",
        "INSERT INTO task (title, meeting_id, created_by_id) VALUES ('Lost', 99, 1)",
        "INSERT INTO participant (meeting_id, user_id) VALUES (99, 1)",
        "INSERT INTO segment (session_id, text) VALUES (99, 'Lost')",
        "INSERT INTO marker (session_id, user_id, type, content) VALUES ('gone', 99, 'todo', 'Lost')",
    ]
    return metadata, rows(), lambda dialect: left


VARIANTS = {"documented": documented, "plurals": plurals, "old": old, "odd": odd,
            "native": native, "soft": soft, "named": named, "quoted": quoted, "unkept": unkept}


def create(variant, url):
    """Creates a variant in the way of the application: with bound values."""
    metadata, rows_of, odd_of = VARIANTS[variant]()
    engine = create_engine(url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            for row in rows_of[table.name]:
                connection.execute(insert(table), [row])
        for statement in odd_of(engine.dialect.name):
            connection.execute(text(statement.replace(":", r"\:")))
    engine.dispose()


def literal(column_type, value, dialect):
    """A value as SQLAlchemy stores it."""
    if isinstance(column_type, JSON):
        column_type, value = String(), json.dumps(value)
    dialect_type = column_type.dialect_impl(dialect)
    processor = dialect_type.literal_processor(dialect)
    return processor(value)


def script(variant, dialect):
    """The same as SQL, with the values in its text."""
    metadata, rows_of, odd_of = VARIANTS[variant]()
    compiled = lambda it: str(it.compile(dialect=DIALECTS[dialect])).strip()
    lines = [f"-- Generated by build.py: {variant} on {dialect}."]
    enums = {column.type.name: column.type for table in metadata.sorted_tables for column in table.columns
             if dialect == "postgresql" and isinstance(column.type, Enum) and column.type.native_enum}
    lines += [compiled(postgresql.CreateEnumType(enum.dialect_impl(DIALECTS[dialect]))) + ";"
              for enum in enums.values()]
    for table in metadata.sorted_tables:
        lines.append(compiled(CreateTable(table)) + ";")
        lines += [compiled(CreateIndex(index)) + ";" for index in sorted(table.indexes, key=lambda it: it.name)]
    for table in metadata.sorted_tables:
        for row in rows_of[table.name]:
            values = {column: literal(table.c[column].type, value, DIALECTS[dialect])
                      for column, value in row.items() if value is not None}
            names = ", ".join(DIALECTS[dialect].identifier_preparer.quote(column) for column in values)
            lines.append(f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join(values.values())});')
    lines += [f"{statement};" for statement in odd_of(dialect)]
    return "\n".join(line.replace("\t", "    ").replace(" \n", "\n") for line in lines) + "\n"


def fixtures():
    for variant in VARIANTS:
        for dialect in DIALECTS:
            yield FOLDER / f"{variant}.{dialect}.sql", variant, dialect


def dump(connection):
    """The content of a SQLite database, without the white space of its statements."""
    return sorted(" ".join(line.split()) for line in connection.iterdump())


def check(folder):
    """Compares the fixtures with what this SQLAlchemy writes."""
    for path, variant, dialect in fixtures():
        if path.read_text() != script(variant, dialect):
            sys.exit(f"{path.name} is stale: run `build.py write`")
        if dialect == "sqlite":
            created, loaded = folder / f"{variant}.db", sqlite3.connect(":memory:")
            create(variant, f"sqlite:///{created}")
            loaded.executescript(path.read_text())
            if dump(sqlite3.connect(created)) != dump(loaded):
                sys.exit(f"{path.name} is not what SQLAlchemy stores")
    print("the fixtures are current")


def main(arguments):
    match arguments:
        case ["create", variant, url] if variant in VARIANTS:
            create(variant, url)
        case ["write"]:
            for path, variant, dialect in fixtures():
                path.write_text(script(variant, dialect))
        case ["check"]:
            import tempfile
            with tempfile.TemporaryDirectory() as folder:
                check(Path(folder))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
