-- The place of a row: the workspace that it belongs to, and copies of the columns by which lists
-- are mostly ordered. A copy is what the list is ordered by: the default of a column in place of
-- NULL, if it has one.
--
-- A trigger reads the row again, since another trigger may have rewritten a time meanwhile. The
-- triggers do not rely on foreign keys, which other programs may have switched off, nor on triggers
-- for deleted rows, which do not run for INSERT OR REPLACE.
CREATE TABLE mina_session_place (
    id integer NOT NULL PRIMARY KEY
        CONSTRAINT fk_mina_session_place_id
        REFERENCES session (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    status varchar(20) NOT NULL,
    started_at datetime_text,
    created_at datetime_text NOT NULL
);
CREATE INDEX ix_mina_session_place_workspace_id_id ON mina_session_place (workspace_id, id);
CREATE INDEX ix_mina_session_place_workspace_id_status_id
    ON mina_session_place (workspace_id, status, id);
CREATE INDEX ix_mina_session_place_workspace_id_status_started_at_id
    ON mina_session_place (workspace_id, status, started_at, id);
CREATE INDEX ix_mina_session_place_workspace_id_started_at_id
    ON mina_session_place (workspace_id, started_at, id);
CREATE INDEX ix_mina_session_place_workspace_id_created_at_id
    ON mina_session_place (workspace_id, created_at, id);

CREATE TABLE mina_task_place (
    id integer NOT NULL PRIMARY KEY
        CONSTRAINT fk_mina_task_place_id
        REFERENCES task (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    due_date date_text,
    created_at datetime_text NOT NULL
);
CREATE INDEX ix_mina_task_place_workspace_id_id ON mina_task_place (workspace_id, id);
CREATE INDEX ix_mina_task_place_workspace_id_due_date_id
    ON mina_task_place (workspace_id, due_date, id);
CREATE INDEX ix_mina_task_place_workspace_id_created_at_id
    ON mina_task_place (workspace_id, created_at, id);

CREATE TABLE mina_analytics_place (
    id integer NOT NULL PRIMARY KEY
        CONSTRAINT fk_mina_analytics_place_id
        REFERENCES analytics (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    analysis_status varchar(20) NOT NULL,
    created_at datetime_text NOT NULL
);
CREATE INDEX ix_mina_analytics_place_workspace_id_id ON mina_analytics_place (workspace_id, id);
CREATE INDEX ix_mina_analytics_place_workspace_id_analysis_status_id
    ON mina_analytics_place (workspace_id, analysis_status, id);
-- Cut after 63 bytes, as PostgreSQL would do it.
CREATE INDEX ix_mina_analytics_place_workspace_id_analysis_status_created_at
    ON mina_analytics_place (workspace_id, analysis_status, created_at, id);
CREATE INDEX ix_mina_analytics_place_workspace_id_created_at_id
    ON mina_analytics_place (workspace_id, created_at, id);

CREATE TABLE mina_marker_place (
    id integer NOT NULL PRIMARY KEY
        CONSTRAINT fk_mina_marker_place_id
        REFERENCES marker (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    created_at datetime_text NOT NULL
);
CREATE INDEX ix_mina_marker_place_workspace_id_id ON mina_marker_place (workspace_id, id);
CREATE INDEX ix_mina_marker_place_workspace_id_created_at_id
    ON mina_marker_place (workspace_id, created_at, id);

CREATE TRIGGER mina_task_place_insert AFTER INSERT ON task BEGIN
    INSERT INTO mina_task_place (id, workspace_id, due_date, created_at)
    SELECT id,
        (SELECT workspace_id FROM meeting WHERE meeting.id = task.meeting_id),
        due_date, coalesce(created_at, '1970-01-01 00:00:00')
    FROM task WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        due_date = excluded.due_date,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_task_place_update AFTER UPDATE OF
    meeting_id, due_date, created_at ON task
WHEN OLD.meeting_id IS NOT NEW.meeting_id
    OR OLD.due_date IS NOT NEW.due_date
    OR OLD.created_at IS NOT NEW.created_at
BEGIN
    INSERT INTO mina_task_place (id, workspace_id, due_date, created_at)
    SELECT id,
        (SELECT workspace_id FROM meeting WHERE meeting.id = task.meeting_id),
        due_date, coalesce(created_at, '1970-01-01 00:00:00')
    FROM task WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        due_date = excluded.due_date,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_task_place_delete AFTER DELETE ON task BEGIN
    DELETE FROM mina_task_place WHERE id = OLD.id;
END;

CREATE TRIGGER mina_analytics_place_insert AFTER INSERT ON analytics BEGIN
    INSERT INTO mina_analytics_place (id, workspace_id, analysis_status, created_at)
    SELECT id,
        (SELECT workspace_id FROM meeting WHERE meeting.id = analytics.meeting_id),
        coalesce(analysis_status, 'pending'), coalesce(created_at, '1970-01-01 00:00:00')
    FROM analytics WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        analysis_status = excluded.analysis_status,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_analytics_place_update AFTER UPDATE OF
    meeting_id, analysis_status, created_at ON analytics
WHEN OLD.meeting_id IS NOT NEW.meeting_id
    OR OLD.analysis_status IS NOT NEW.analysis_status
    OR OLD.created_at IS NOT NEW.created_at
BEGIN
    INSERT INTO mina_analytics_place (id, workspace_id, analysis_status, created_at)
    SELECT id,
        (SELECT workspace_id FROM meeting WHERE meeting.id = analytics.meeting_id),
        coalesce(analysis_status, 'pending'), coalesce(created_at, '1970-01-01 00:00:00')
    FROM analytics WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        analysis_status = excluded.analysis_status,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_analytics_place_delete AFTER DELETE ON analytics BEGIN
    DELETE FROM mina_analytics_place WHERE id = OLD.id;
END;

CREATE TRIGGER mina_session_place_insert AFTER INSERT ON session BEGIN
    INSERT INTO mina_session_place (id, workspace_id, status, started_at, created_at)
    SELECT id,
        coalesce(
            (SELECT workspace_id FROM user WHERE user.id = session.user_id),
            (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id)),
        coalesce(status, 'pending'), started_at, coalesce(created_at, '1970-01-01 00:00:00')
    FROM session WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        status = excluded.status,
        started_at = excluded.started_at,
        created_at = excluded.created_at;
    UPDATE mina_marker_place SET workspace_id = (
        SELECT workspace_id FROM mina_session_place WHERE id = NEW.id)
    WHERE id IN (SELECT id FROM marker WHERE session_id = NEW.external_id);
END;

CREATE TRIGGER mina_session_place_update AFTER UPDATE OF
    user_id, external_id, status, started_at, created_at ON session
WHEN OLD.user_id IS NOT NEW.user_id
    OR OLD.external_id IS NOT NEW.external_id
    OR OLD.status IS NOT NEW.status
    OR OLD.started_at IS NOT NEW.started_at
    OR OLD.created_at IS NOT NEW.created_at
BEGIN
    INSERT INTO mina_session_place (id, workspace_id, status, started_at, created_at)
    SELECT id,
        coalesce(
            (SELECT workspace_id FROM user WHERE user.id = session.user_id),
            (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id)),
        coalesce(status, 'pending'), started_at, coalesce(created_at, '1970-01-01 00:00:00')
    FROM session WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        status = excluded.status,
        started_at = excluded.started_at,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_session_place_rename AFTER UPDATE OF external_id ON session
WHEN OLD.external_id IS NOT NEW.external_id
BEGIN
    UPDATE mina_marker_place SET workspace_id = NULL
    WHERE id IN (SELECT id FROM marker WHERE session_id = OLD.external_id);
    UPDATE mina_marker_place SET workspace_id = (
        SELECT workspace_id FROM mina_session_place WHERE id = NEW.id)
    WHERE id IN (SELECT id FROM marker WHERE session_id = NEW.external_id);
END;

CREATE TRIGGER mina_session_place_delete AFTER DELETE ON session BEGIN
    DELETE FROM mina_session_place WHERE id = OLD.id;
    UPDATE mina_marker_place SET workspace_id = NULL
    WHERE id IN (SELECT id FROM marker WHERE session_id = OLD.external_id);
END;

CREATE TRIGGER mina_marker_place_insert AFTER INSERT ON marker BEGIN
    INSERT INTO mina_marker_place (id, workspace_id, created_at)
    SELECT id,
        (SELECT coalesce(
                (SELECT workspace_id FROM user WHERE user.id = session.user_id),
                (SELECT workspace_id FROM meeting
                 WHERE meeting.session_id = session.external_id))
            FROM session WHERE session.external_id = marker.session_id),
        coalesce(created_at, '1970-01-01 00:00:00')
    FROM marker WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_marker_place_update AFTER UPDATE OF
    session_id, created_at ON marker
WHEN OLD.session_id IS NOT NEW.session_id
    OR OLD.created_at IS NOT NEW.created_at
BEGIN
    INSERT INTO mina_marker_place (id, workspace_id, created_at)
    SELECT id,
        (SELECT coalesce(
                (SELECT workspace_id FROM user WHERE user.id = session.user_id),
                (SELECT workspace_id FROM meeting
                 WHERE meeting.session_id = session.external_id))
            FROM session WHERE session.external_id = marker.session_id),
        coalesce(created_at, '1970-01-01 00:00:00')
    FROM marker WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_marker_place_delete AFTER DELETE ON marker BEGIN
    DELETE FROM mina_marker_place WHERE id = OLD.id;
END;

CREATE TRIGGER mina_session_place_move AFTER UPDATE OF workspace_id ON mina_session_place
WHEN OLD.workspace_id IS NOT NEW.workspace_id
BEGIN
    UPDATE mina_marker_place SET workspace_id = NEW.workspace_id
    WHERE id IN (SELECT id FROM marker WHERE session_id = (
        SELECT external_id FROM session WHERE id = NEW.id));
END;

CREATE TRIGGER mina_meeting_place_insert AFTER INSERT ON meeting BEGIN
    UPDATE mina_task_place SET workspace_id = NEW.workspace_id
    WHERE id IN (SELECT id FROM task WHERE meeting_id = NEW.id);
    UPDATE mina_analytics_place SET workspace_id = NEW.workspace_id
    WHERE id IN (SELECT id FROM analytics WHERE meeting_id = NEW.id);
    UPDATE mina_session_place SET workspace_id = (
        SELECT coalesce(
            (SELECT workspace_id FROM user WHERE user.id = session.user_id),
            (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id))
        FROM session WHERE session.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE external_id = NEW.session_id);
END;

CREATE TRIGGER mina_meeting_place_move AFTER UPDATE OF workspace_id ON meeting
WHEN OLD.workspace_id IS NOT NEW.workspace_id
BEGIN
    UPDATE mina_task_place SET workspace_id = NEW.workspace_id
    WHERE id IN (SELECT id FROM task WHERE meeting_id = NEW.id);
    UPDATE mina_analytics_place SET workspace_id = NEW.workspace_id
    WHERE id IN (SELECT id FROM analytics WHERE meeting_id = NEW.id);
    UPDATE mina_session_place SET workspace_id = (
        SELECT coalesce(
            (SELECT workspace_id FROM user WHERE user.id = session.user_id),
            (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id))
        FROM session WHERE session.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE external_id = NEW.session_id);
END;

CREATE TRIGGER mina_meeting_place_link AFTER UPDATE OF session_id ON meeting
WHEN OLD.session_id IS NOT NEW.session_id
BEGIN
    UPDATE mina_session_place SET workspace_id = (
        SELECT coalesce(
            (SELECT workspace_id FROM user WHERE user.id = session.user_id),
            (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id))
        FROM session WHERE session.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE external_id IN (OLD.session_id, NEW.session_id));
END;

CREATE TRIGGER mina_meeting_place_delete AFTER DELETE ON meeting BEGIN
    UPDATE mina_task_place SET workspace_id = NULL
    WHERE id IN (SELECT id FROM task WHERE meeting_id = OLD.id);
    UPDATE mina_analytics_place SET workspace_id = NULL
    WHERE id IN (SELECT id FROM analytics WHERE meeting_id = OLD.id);
    UPDATE mina_session_place SET workspace_id = (
        SELECT coalesce(
            (SELECT workspace_id FROM user WHERE user.id = session.user_id),
            (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id))
        FROM session WHERE session.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE external_id = OLD.session_id);
END;

CREATE TRIGGER mina_user_place_insert AFTER INSERT ON user BEGIN
    UPDATE mina_session_place SET workspace_id = (
        SELECT coalesce(
            (SELECT workspace_id FROM user WHERE user.id = session.user_id),
            (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id))
        FROM session WHERE session.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE user_id = NEW.id);
END;

CREATE TRIGGER mina_user_place_move AFTER UPDATE OF workspace_id ON user
WHEN OLD.workspace_id IS NOT NEW.workspace_id
BEGIN
    UPDATE mina_session_place SET workspace_id = (
        SELECT coalesce(
            (SELECT workspace_id FROM user WHERE user.id = session.user_id),
            (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id))
        FROM session WHERE session.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE user_id = NEW.id);
END;

CREATE TRIGGER mina_user_place_delete AFTER DELETE ON user BEGIN
    UPDATE mina_session_place SET workspace_id = (
        SELECT coalesce(
            (SELECT workspace_id FROM user WHERE user.id = session.user_id),
            (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id))
        FROM session WHERE session.id = mina_session_place.id)
    WHERE id IN (SELECT id FROM session WHERE user_id = OLD.id);
END;
