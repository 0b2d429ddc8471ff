"""What the application has stored."""

from datetime import date, datetime, timedelta

import bcrypt

# Hashes of `correct horse battery staple`, made by `hashpw` with a fixed salt, so that fixtures are stable.
PASSWORD = b"correct horse battery staple"
PYTHON_HASH = bcrypt.hashpw(PASSWORD, b"$2b$04$abcdefghijklmnopqrstuu").decode()
# PHP and old versions of passlib write `$2y$`, which is the same algorithm.
PHP_HASH = "$2y$" + PYTHON_HASH.removeprefix("$2b$")

START = datetime(2026, 5, 4, 9, 30)


def rows(meetings=12):
    """The rows of each table. Times have no microseconds, half a second, or six digits."""
    at = lambda number: START + timedelta(seconds=number // 3, microseconds=(0, 500_000, 123_456)[number % 3])
    user = lambda username, email, role="member", hash=PYTHON_HASH: {
        "username": username, "email": email, "password_hash": hash, "workspace_id": 1,
        "role": role, "is_active": True, "created_at": START}
    return {
        "workspace": [{"name": "Acme", "slug": "acme", "settings": {"theme": "dark"}, "created_at": START}],
        "user": [
            user("ada", "ada@example.org", "admin"),
            user("grace", "Grace@Example.org", "organizer", PHP_HASH),
        ],
        "session": [{
            "external_id": "6f0d1d5c-6a33-4c5e-9a83-0d6f6c3a4e01", "status": "recording", "user_id": 1,
            "language": "en", "vad_enabled": True, "started_at": START, "created_at": START}],
        "meeting": [{
            "title": f"Meeting {number}", "status": "draft", "workspace_id": 1, "organizer_id": 1,
            "session_id": "6f0d1d5c-6a33-4c5e-9a83-0d6f6c3a4e01" if number == 1 else None,
            "scheduled_start": at(number), "created_at": at(number), "updated_at": at(number),
        } for number in range(1, meetings + 1)],
        "segment": [{
            "session_id": 1, "text": f"Sentence {number}.", "confidence": 0.5, "start_ms": number * 1000,
            "end_ms": number * 1000 + 900, "speaker": "Ada", "language": "en", "kind": "final", "created_at": START,
        } for number in range(1, 4)],
        "task": [{
            "title": f"Task {number}", "status": "todo", "priority": "medium", "meeting_id": 1, "assigned_to_id": 2,
            "created_by_id": 1, "due_date": date(2026, 5, 11), "depends_on_task_id": number - 1 or None,
            "created_at": at(number), "updated_at": at(number),
        } for number in range(1, 4)],
        "participant": [{
            "meeting_id": 1, "user_id": 2, "role": "participant", "status": "invited", "created_at": START}],
        "analytics": [{
            "meeting_id": 1, "analysis_status": "completed", "meeting_effectiveness_score": 0.75,
            "key_topics": ["plans"], "created_at": START, "updated_at": START}],
        "marker": [{
            "session_id": "6f0d1d5c-6a33-4c5e-9a83-0d6f6c3a4e01", "user_id": 1, "type": "todo",
            "content": "Call Bob.", "timestamp": 1500, "speaker": "Ada", "created_at": START}],
        "alembic_version": [{"version_num": "3f2a9c1d7b64"}],
    }


# What a database has after years: values that the document does not know.
ODD = [
    "INSERT INTO \"user\" (username, email, password_hash, workspace_id, role, is_active) VALUES"
    f" (' lin', 'lin@example.org', '{PYTHON_HASH}', 1, 'Superuser', NULL),"
    f" ('mary', 'Mary@example.org', '{PYTHON_HASH}', 1, 'ADMIN', NULL),"
    f" ('mary2', 'mary@example.org', '{PYTHON_HASH}', 1, '', NULL)",
    "UPDATE meeting SET status = 'LIVE' WHERE id = 2",
    "UPDATE meeting SET status = 'archived' WHERE id = 3",
    "UPDATE meeting SET status = '' WHERE id = 4",
    "UPDATE meeting SET status = NULL, created_at = NULL, updated_at = NULL WHERE id = 5",
    "UPDATE task SET status = 'done' WHERE id = 2",
    "UPDATE task SET status = 'In_Progress' WHERE id = 3",
    "UPDATE marker SET type = 'idea'",
    "UPDATE segment SET kind = 'FINAL' WHERE id = 1",
    "UPDATE participant SET role = 'guest', status = NULL",
    "UPDATE workspace SET settings = NULL",
]

ODD_ON = {
    "sqlite": [
        # By another program, which leaves out the decimals. Meeting 3 was created at the same time.
        "UPDATE meeting SET created_at = '2026-05-04 09:30:01' WHERE id = 8",
        "UPDATE meeting SET scheduled_start = 'infinity' WHERE id = 6",
        "UPDATE meeting SET scheduled_start = '2026-05-04T11:30:00+02:00' WHERE id = 7",
        "UPDATE segment SET confidence = 'high' WHERE id = 1",
        "UPDATE segment SET start_ms = 3000000000 WHERE id = 2",
        "UPDATE segment SET confidence = 9e999 WHERE id = 3",
        "UPDATE analytics SET key_topics = '[\"pla'",
        "UPDATE task SET due_date = 'soon' WHERE id = 1",
        "UPDATE \"user\" SET is_active = 'no' WHERE id = 5",
    ],
    "postgresql": [
        "UPDATE meeting SET scheduled_start = 'infinity' WHERE id = 6",
        "UPDATE segment SET confidence = 'NaN' WHERE id = 1",
        "UPDATE segment SET confidence = 'Infinity' WHERE id = 3",
        "UPDATE task SET due_date = 'infinity' WHERE id = 1",
        "UPDATE \"user\" SET is_active = false WHERE id = 5",
    ],
}
