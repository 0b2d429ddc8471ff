-- SQLite has no functions that triggers could share, so each trigger is written out in full.

-- The journal: which row changed. SQLite has one writer at a time, so ids become visible in
-- ascending order.
CREATE TABLE mina_change (
    id integer PRIMARY KEY AUTOINCREMENT,
    subject varchar(20) NOT NULL,
    row_id integer NOT NULL,
    parent_id integer,
    workspace_id integer,
    action varchar(20) NOT NULL,
    at_ms bigint NOT NULL DEFAULT (CAST(round(unixepoch('now', 'subsec') * 1000) AS integer))
);

-- The highest position that has been assigned in a session.
CREATE TABLE mina_transcript (
    session_id integer PRIMARY KEY
        CONSTRAINT fk_mina_transcript_session_id REFERENCES session (id) ON DELETE CASCADE,
    position integer NOT NULL
);

CREATE TABLE mina_segment_position (
    segment_id integer PRIMARY KEY
        CONSTRAINT fk_mina_segment_position_segment_id REFERENCES segment (id) ON DELETE CASCADE,
    session_id integer NOT NULL,
    position integer NOT NULL
);

-- In a database of another program, segments may refer to sessions that do not exist. The migration
-- `keep_orphans` adds their positions.
INSERT INTO mina_segment_position (segment_id, session_id, position)
SELECT id, session_id, row_number() OVER (PARTITION BY session_id ORDER BY id) FROM segment
WHERE EXISTS (SELECT 1 FROM session WHERE session.id = segment.session_id);
INSERT INTO mina_transcript (session_id, position)
SELECT session_id, max(position) FROM mina_segment_position GROUP BY session_id;
CREATE UNIQUE INDEX uq_mina_segment_position_session_id_position
    ON mina_segment_position (session_id, position);

CREATE TRIGGER mina_segment_inserted AFTER INSERT ON segment BEGIN
    INSERT INTO mina_transcript (session_id, position) VALUES (NEW.session_id, 1)
        ON CONFLICT (session_id) DO UPDATE SET position = position + 1;
    INSERT INTO mina_segment_position (segment_id, session_id, position)
        SELECT NEW.id, session_id, position FROM mina_transcript
        WHERE session_id = NEW.session_id
        ON CONFLICT (segment_id)
            DO UPDATE SET session_id = excluded.session_id, position = excluded.position;
    INSERT INTO mina_change (subject, row_id, action)
        VALUES ('Transcript', NEW.session_id, 'updated');
END;

CREATE TRIGGER mina_segment_updated AFTER UPDATE ON segment BEGIN
    INSERT INTO mina_transcript (session_id, position) VALUES (NEW.session_id, 1)
        ON CONFLICT (session_id) DO UPDATE SET position = position + 1;
    INSERT INTO mina_segment_position (segment_id, session_id, position)
        SELECT NEW.id, session_id, position FROM mina_transcript
        WHERE session_id = NEW.session_id
        ON CONFLICT (segment_id)
            DO UPDATE SET session_id = excluded.session_id, position = excluded.position;
    INSERT INTO mina_change (subject, row_id, action)
        VALUES ('Transcript', NEW.session_id, 'updated');
END;

CREATE TRIGGER mina_meeting_created AFTER INSERT ON meeting BEGIN
    INSERT INTO mina_change (subject, row_id, workspace_id, action)
        VALUES ('Meeting', NEW.id, NEW.workspace_id, 'created');
END;

CREATE TRIGGER mina_meeting_updated AFTER UPDATE ON meeting BEGIN
    INSERT INTO mina_change (subject, row_id, workspace_id, action)
        VALUES ('Meeting', NEW.id, NEW.workspace_id, 'updated');
END;

CREATE TRIGGER mina_meeting_deleted AFTER DELETE ON meeting BEGIN
    INSERT INTO mina_change (subject, row_id, workspace_id, action)
        VALUES ('Meeting', OLD.id, OLD.workspace_id, 'deleted');
END;

-- A cascade deletes the rows of a meeting after the meeting itself. Their own triggers can then no
-- longer look up the workspace, so their deletion is recorded here, before the meeting's.
CREATE TRIGGER mina_meeting_contents_deleted BEFORE DELETE ON meeting BEGIN
    INSERT INTO mina_change (subject, row_id, parent_id, workspace_id, action)
        SELECT 'Task', id, OLD.id, OLD.workspace_id, 'deleted' FROM task WHERE meeting_id = OLD.id
        UNION ALL
        SELECT 'Participant', id, OLD.id, OLD.workspace_id, 'deleted'
        FROM participant WHERE meeting_id = OLD.id
        UNION ALL
        SELECT 'Analytics', id, OLD.id, OLD.workspace_id, 'deleted'
        FROM analytics WHERE meeting_id = OLD.id;
END;

CREATE TRIGGER mina_task_created AFTER INSERT ON task BEGIN
    INSERT INTO mina_change (subject, row_id, parent_id, workspace_id, action)
        SELECT 'Task', NEW.id, id, workspace_id, 'created' FROM meeting WHERE id = NEW.meeting_id;
END;

CREATE TRIGGER mina_task_updated AFTER UPDATE ON task BEGIN
    INSERT INTO mina_change (subject, row_id, parent_id, workspace_id, action)
        SELECT 'Task', NEW.id, id, workspace_id, 'updated' FROM meeting WHERE id = NEW.meeting_id;
END;

CREATE TRIGGER mina_task_deleted AFTER DELETE ON task BEGIN
    INSERT INTO mina_change (subject, row_id, parent_id, workspace_id, action)
        SELECT 'Task', OLD.id, id, workspace_id, 'deleted' FROM meeting WHERE id = OLD.meeting_id;
END;

CREATE TRIGGER mina_participant_created AFTER INSERT ON participant BEGIN
    INSERT INTO mina_change (subject, row_id, parent_id, workspace_id, action)
        SELECT 'Participant', NEW.id, id, workspace_id, 'created' FROM meeting WHERE id = NEW.meeting_id;
END;

CREATE TRIGGER mina_participant_updated AFTER UPDATE ON participant BEGIN
    INSERT INTO mina_change (subject, row_id, parent_id, workspace_id, action)
        SELECT 'Participant', NEW.id, id, workspace_id, 'updated' FROM meeting WHERE id = NEW.meeting_id;
END;

CREATE TRIGGER mina_participant_deleted AFTER DELETE ON participant BEGIN
    INSERT INTO mina_change (subject, row_id, parent_id, workspace_id, action)
        SELECT 'Participant', OLD.id, id, workspace_id, 'deleted' FROM meeting WHERE id = OLD.meeting_id;
END;

CREATE TRIGGER mina_analytics_created AFTER INSERT ON analytics BEGIN
    INSERT INTO mina_change (subject, row_id, parent_id, workspace_id, action)
        SELECT 'Analytics', NEW.id, id, workspace_id, 'created' FROM meeting WHERE id = NEW.meeting_id;
END;

CREATE TRIGGER mina_analytics_updated AFTER UPDATE ON analytics BEGIN
    INSERT INTO mina_change (subject, row_id, parent_id, workspace_id, action)
        SELECT 'Analytics', NEW.id, id, workspace_id, 'updated' FROM meeting WHERE id = NEW.meeting_id;
END;

CREATE TRIGGER mina_analytics_deleted AFTER DELETE ON analytics BEGIN
    INSERT INTO mina_change (subject, row_id, parent_id, workspace_id, action)
        SELECT 'Analytics', OLD.id, id, workspace_id, 'deleted' FROM meeting WHERE id = OLD.meeting_id;
END;

CREATE TRIGGER mina_marker_created AFTER INSERT ON marker BEGIN
    INSERT INTO mina_change (subject, row_id, parent_id, workspace_id, action)
        SELECT 'Marker', NEW.id, session.id,
            coalesce(
                (SELECT workspace_id FROM user WHERE user.id = session.user_id),
                (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id)),
            'created'
        FROM session WHERE session.external_id = NEW.session_id;
END;

CREATE TRIGGER mina_marker_updated AFTER UPDATE ON marker BEGIN
    INSERT INTO mina_change (subject, row_id, parent_id, workspace_id, action)
        SELECT 'Marker', NEW.id, session.id,
            coalesce(
                (SELECT workspace_id FROM user WHERE user.id = session.user_id),
                (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id)),
            'updated'
        FROM session WHERE session.external_id = NEW.session_id;
END;

CREATE TRIGGER mina_marker_deleted AFTER DELETE ON marker BEGIN
    INSERT INTO mina_change (subject, row_id, parent_id, workspace_id, action)
        SELECT 'Marker', OLD.id, session.id,
            coalesce(
                (SELECT workspace_id FROM user WHERE user.id = session.user_id),
                (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id)),
            'deleted'
        FROM session WHERE session.external_id = OLD.session_id;
END;

CREATE TRIGGER mina_user_updated AFTER UPDATE ON user BEGIN
    INSERT INTO mina_change (subject, row_id, action) VALUES ('User', NEW.id, 'updated');
END;

CREATE TRIGGER mina_tokens_inserted AFTER INSERT ON mina_token_generation BEGIN
    INSERT INTO mina_change (subject, row_id, action) VALUES ('User', NEW.user_id, 'updated');
END;

CREATE TRIGGER mina_tokens_updated AFTER UPDATE ON mina_token_generation BEGIN
    INSERT INTO mina_change (subject, row_id, action) VALUES ('User', NEW.user_id, 'updated');
END;
