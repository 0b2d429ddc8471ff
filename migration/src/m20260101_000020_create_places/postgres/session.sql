-- The place of a row: the workspace that it belongs to, and copies of the columns by which lists
-- are mostly ordered. A copy is what the list is ordered by: the default of a column in place of
-- NULL, if it has one.
--
-- Locks keep the places right while transactions run at the same time, under READ COMMITTED:
--
-- * Who places a row holds its parent with FOR KEY SHARE, as a foreign key does, and reads the
--   parent in the next statement. Who moves the parent takes FOR UPDATE after the change. So the
--   one waits for the other, and ordinary updates of the parent wait for neither.
-- * A session, its meeting and its markers know each other only by the external id, so there may
--   be no row to lock. There are advisory locks for that: 20 for the link between a session and
--   its meeting, and 21 for markers that came before their session. Few transactions take them
--   exclusively. There are 1024 of each, so that a large transaction cannot take too many.
--
-- Functions of triggers use generic plans, because PostgreSQL would otherwise plan most statements
-- at each call. The settings of these functions hold for the functions that they call.
CREATE TABLE mina_session_place (
    id integer PRIMARY KEY
        CONSTRAINT fk_mina_session_place_id
        REFERENCES session (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    status varchar(20) NOT NULL,
    started_at timestamp,
    created_at timestamp NOT NULL
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
    id integer PRIMARY KEY
        CONSTRAINT fk_mina_task_place_id
        REFERENCES task (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    due_date date,
    created_at timestamp NOT NULL
);
CREATE INDEX ix_mina_task_place_workspace_id_id ON mina_task_place (workspace_id, id);
CREATE INDEX ix_mina_task_place_workspace_id_due_date_id
    ON mina_task_place (workspace_id, due_date, id);
CREATE INDEX ix_mina_task_place_workspace_id_created_at_id
    ON mina_task_place (workspace_id, created_at, id);

CREATE TABLE mina_analytics_place (
    id integer PRIMARY KEY
        CONSTRAINT fk_mina_analytics_place_id
        REFERENCES analytics (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    analysis_status varchar(20) NOT NULL,
    created_at timestamp NOT NULL
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
    id integer PRIMARY KEY
        CONSTRAINT fk_mina_marker_place_id
        REFERENCES marker (id) ON UPDATE CASCADE ON DELETE CASCADE,
    workspace_id integer,
    created_at timestamp NOT NULL
);
CREATE INDEX ix_mina_marker_place_workspace_id_id ON mina_marker_place (workspace_id, id);
CREATE INDEX ix_mina_marker_place_workspace_id_created_at_id
    ON mina_marker_place (workspace_id, created_at, id);

-- Places tasks. The caller has inserted or locked them, unless it places only those that have no
-- place yet.
CREATE FUNCTION mina_place_tasks(ids integer[], only_missing boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM (SELECT DISTINCT meeting_id AS id FROM task WHERE id = ANY (ids) ORDER BY 1)
            AS parent
        CROSS JOIN LATERAL (SELECT FROM meeting WHERE id = parent.id FOR KEY SHARE) AS held;
    INSERT INTO mina_task_place AS place (id, workspace_id, due_date, created_at)
    SELECT id, (SELECT workspace_id FROM meeting WHERE meeting.id = task.meeting_id),
        due_date, coalesce(created_at, '1970-01-01 00:00:00')
    FROM task WHERE id = ANY (ids)
    ON CONFLICT (id) DO UPDATE SET
        (workspace_id, due_date, created_at)
        = (EXCLUDED.workspace_id, EXCLUDED.due_date, EXCLUDED.created_at)
    WHERE NOT only_missing;
END $$;

CREATE FUNCTION mina_tasks_inserted() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM mina_place_tasks(ARRAY(SELECT id FROM changed), false);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_task_place_insert AFTER INSERT ON task
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mina_tasks_inserted();

CREATE FUNCTION mina_task_updated() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF OLD.meeting_id = NEW.meeting_id THEN
        UPDATE mina_task_place
        SET due_date = NEW.due_date, created_at = coalesce(NEW.created_at, '1970-01-01 00:00:00')
        WHERE id = NEW.id;
        IF FOUND THEN RETURN NULL; END IF;
    END IF;
    PERFORM FROM unnest(ARRAY[least(OLD.meeting_id, NEW.meeting_id),
                              greatest(OLD.meeting_id, NEW.meeting_id)]) AS parent (id)
        CROSS JOIN LATERAL (SELECT FROM meeting WHERE id = parent.id FOR KEY SHARE) AS held;
    PERFORM mina_place_tasks(ARRAY[NEW.id], false);
    RETURN NULL;
END $$;

-- A trigger for statements would collect all rows of every update, so this one is for rows: most
-- updates change none of these columns, and cost nothing then.
CREATE TRIGGER mina_task_place_update AFTER UPDATE ON task FOR EACH ROW
    WHEN ((OLD.meeting_id, OLD.due_date, OLD.created_at)
        IS DISTINCT FROM (NEW.meeting_id, NEW.due_date, NEW.created_at))
    EXECUTE FUNCTION mina_task_updated();

CREATE FUNCTION mina_place_analytics(ids integer[], only_missing boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM (SELECT DISTINCT meeting_id AS id FROM analytics WHERE id = ANY (ids) ORDER BY 1)
            AS parent
        CROSS JOIN LATERAL (SELECT FROM meeting WHERE id = parent.id FOR KEY SHARE) AS held;
    INSERT INTO mina_analytics_place AS place (id, workspace_id, analysis_status, created_at)
    SELECT id, (SELECT workspace_id FROM meeting WHERE meeting.id = analytics.meeting_id),
        coalesce(analysis_status, 'pending'), coalesce(created_at, '1970-01-01 00:00:00')
    FROM analytics WHERE id = ANY (ids)
    ON CONFLICT (id) DO UPDATE SET
        (workspace_id, analysis_status, created_at)
        = (EXCLUDED.workspace_id, EXCLUDED.analysis_status, EXCLUDED.created_at)
    WHERE NOT only_missing;
END $$;

CREATE FUNCTION mina_analytics_inserted() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM mina_place_analytics(ARRAY(SELECT id FROM changed), false);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_analytics_place_insert AFTER INSERT ON analytics
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mina_analytics_inserted();

CREATE FUNCTION mina_analytics_updated() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF OLD.meeting_id IS NOT DISTINCT FROM NEW.meeting_id THEN
        UPDATE mina_analytics_place
        SET analysis_status = coalesce(NEW.analysis_status, 'pending'),
            created_at = coalesce(NEW.created_at, '1970-01-01 00:00:00')
        WHERE id = NEW.id;
        IF FOUND THEN RETURN NULL; END IF;
    END IF;
    PERFORM FROM unnest(ARRAY[least(OLD.meeting_id, NEW.meeting_id),
                              greatest(OLD.meeting_id, NEW.meeting_id)]) AS parent (id)
        CROSS JOIN LATERAL (SELECT FROM meeting WHERE id = parent.id FOR KEY SHARE) AS held;
    PERFORM mina_place_analytics(ARRAY[NEW.id], false);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_analytics_place_update AFTER UPDATE ON analytics FOR EACH ROW
    WHEN ((OLD.meeting_id, OLD.analysis_status, OLD.created_at)
        IS DISTINCT FROM (NEW.meeting_id, NEW.analysis_status, NEW.created_at))
    EXECUTE FUNCTION mina_analytics_updated();

-- Places sessions, under the same condition as `mina_place_tasks`. If the owner has a workspace,
-- the meeting that links the session does not count, so that link need not be locked.
CREATE FUNCTION mina_place_sessions(ids integer[], only_missing boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM (SELECT DISTINCT user_id AS id FROM session WHERE id = ANY (ids) ORDER BY 1)
            AS owner
        CROSS JOIN LATERAL (SELECT FROM "user" WHERE id = owner.id FOR KEY SHARE) AS held;
    PERFORM pg_advisory_xact_lock(20, key) FROM (
        SELECT DISTINCT hashtext(external_id) & 1023 AS key FROM session
        WHERE id = ANY (ids)
            AND (SELECT workspace_id FROM "user" WHERE "user".id = session.user_id) IS NULL
        ORDER BY 1
    ) AS unowned;
    INSERT INTO mina_session_place AS place (id, workspace_id, status, started_at, created_at)
    SELECT id,
        coalesce(
            (SELECT workspace_id FROM "user" WHERE "user".id = session.user_id),
            (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id)),
        coalesce(status, 'pending'), started_at, coalesce(created_at, '1970-01-01 00:00:00')
    FROM session WHERE id = ANY (ids)
    ON CONFLICT (id) DO UPDATE SET
        (workspace_id, status, started_at, created_at)
        = (EXCLUDED.workspace_id, EXCLUDED.status, EXCLUDED.started_at, EXCLUDED.created_at)
    WHERE NOT only_missing;
END $$;

-- Gives sessions their workspace after their owner or the meeting that links them has changed.
-- Other transactions may change the other columns meanwhile, so those stay as they are.
CREATE FUNCTION mina_move_sessions(ids integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mina_session_place AS place SET workspace_id = correct.workspace_id
    FROM (
        SELECT id,
            coalesce(
                (SELECT workspace_id FROM "user" WHERE "user".id = session.user_id),
                (SELECT workspace_id FROM meeting WHERE meeting.session_id = session.external_id))
                AS workspace_id
        FROM session WHERE id = ANY (ids)
    ) AS correct
    WHERE place.id = correct.id AND place.workspace_id IS DISTINCT FROM correct.workspace_id;
END $$;

-- Gives the markers of sessions their workspace.
CREATE FUNCTION mina_move_markers(external_ids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE mina_marker_place AS place SET workspace_id = correct.workspace_id
    FROM (
        SELECT id,
            (SELECT session_place.workspace_id
             FROM session JOIN mina_session_place AS session_place ON session_place.id = session.id
             WHERE session.external_id = marker.session_id) AS workspace_id
        FROM marker WHERE session_id = ANY (external_ids)
    ) AS correct
    WHERE place.id = correct.id AND place.workspace_id IS DISTINCT FROM correct.workspace_id;
END $$;

CREATE FUNCTION mina_session_moved() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    -- Waits for those who add markers.
    PERFORM FROM mina_session_place WHERE id = NEW.id FOR UPDATE;
    PERFORM mina_move_markers(ARRAY(SELECT external_id FROM session WHERE id = NEW.id));
    RETURN NULL;
END $$;

CREATE TRIGGER mina_session_place_update AFTER UPDATE ON mina_session_place FOR EACH ROW
    WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id)
    EXECUTE FUNCTION mina_session_moved();

CREATE FUNCTION mina_sessions_inserted() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(21, key) FROM (
        SELECT DISTINCT hashtext(external_id) & 1023 AS key FROM changed ORDER BY 1
    ) AS created;
    PERFORM mina_place_sessions(ARRAY(SELECT id FROM changed), false);
    PERFORM mina_move_markers(ARRAY(SELECT external_id FROM changed));
    RETURN NULL;
END $$;

CREATE TRIGGER mina_session_place_insert AFTER INSERT ON session
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mina_sessions_inserted();

CREATE FUNCTION mina_session_updated() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF (OLD.user_id, OLD.external_id) IS NOT DISTINCT FROM (NEW.user_id, NEW.external_id) THEN
        UPDATE mina_session_place
        SET status = coalesce(NEW.status, 'pending'),
            started_at = NEW.started_at,
            created_at = coalesce(NEW.created_at, '1970-01-01 00:00:00')
        WHERE id = NEW.id;
        IF NOT FOUND THEN PERFORM mina_place_sessions(ARRAY[NEW.id], false); END IF;
        RETURN NULL;
    END IF;
    IF OLD.external_id <> NEW.external_id THEN
        PERFORM pg_advisory_xact_lock_shared(21, key) FROM (
            SELECT DISTINCT hashtext(external_id) & 1023 AS key
            FROM unnest(ARRAY[OLD.external_id, NEW.external_id]) AS external_id ORDER BY 1
        ) AS renamed;
        PERFORM FROM mina_session_place WHERE id = NEW.id FOR UPDATE;
    END IF;
    -- Those who link the session read its owner.
    PERFORM pg_advisory_xact_lock(20, key) FROM (
        SELECT DISTINCT hashtext(external_id) & 1023 AS key
        FROM unnest(ARRAY[OLD.external_id, NEW.external_id]) AS external_id ORDER BY 1
    ) AS renamed;
    PERFORM FROM unnest(ARRAY[least(OLD.user_id, NEW.user_id),
                              greatest(OLD.user_id, NEW.user_id)]) AS owner (id)
        CROSS JOIN LATERAL (SELECT FROM "user" WHERE id = owner.id FOR KEY SHARE) AS held;
    PERFORM mina_place_sessions(ARRAY[NEW.id], false);
    IF OLD.external_id <> NEW.external_id THEN
        PERFORM mina_move_markers(ARRAY[OLD.external_id, NEW.external_id]);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER mina_session_place_update AFTER UPDATE ON session FOR EACH ROW
    WHEN ((OLD.user_id, OLD.external_id, OLD.status, OLD.started_at, OLD.created_at)
        IS DISTINCT FROM
        (NEW.user_id, NEW.external_id, NEW.status, NEW.started_at, NEW.created_at))
    EXECUTE FUNCTION mina_session_updated();

-- The place itself is deleted by its foreign key, whose trigger runs before this one and waits for
-- those who add markers.
CREATE FUNCTION mina_session_deleted() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM mina_move_markers(ARRAY[OLD.external_id]);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_session_place_delete AFTER DELETE ON session FOR EACH ROW
    EXECUTE FUNCTION mina_session_deleted();

-- Holds the places of sessions, so that nobody moves, creates or deletes these sessions until the
-- transaction ends.
CREATE FUNCTION mina_hold_sessions(external_ids text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    -- Sessions without a place exist only while a migration adds the places.
    unplaced integer[] := ARRAY(
        SELECT id FROM session WHERE external_id = ANY (external_ids)
            AND NOT EXISTS (SELECT FROM mina_session_place AS place WHERE place.id = session.id)
        ORDER BY 1);
BEGIN
    IF unplaced <> '{}' THEN PERFORM mina_place_sessions(unplaced, true); END IF;
    LOOP
        PERFORM FROM
            (SELECT id FROM session WHERE external_id = ANY (external_ids) ORDER BY 1) AS parent
            CROSS JOIN LATERAL
            (SELECT FROM mina_session_place WHERE id = parent.id FOR KEY SHARE) AS held;
        external_ids := ARRAY(
            SELECT absent.id FROM unnest(external_ids) AS absent (id)
            WHERE NOT EXISTS (SELECT FROM session WHERE external_id = absent.id));
        EXIT WHEN external_ids = '{}';
        PERFORM pg_advisory_xact_lock(21, key) FROM (
            SELECT DISTINCT hashtext(id) & 1023 AS key FROM unnest(external_ids) AS absent (id)
            ORDER BY 1
        ) AS absent;
        -- Some may have been created while this waited.
        external_ids := ARRAY(
            SELECT external_id::text FROM session WHERE external_id = ANY (external_ids));
        EXIT WHEN external_ids = '{}';
    END LOOP;
END $$;

-- Places markers, under the same condition as `mina_place_tasks`.
CREATE FUNCTION mina_place_markers(ids integer[], only_missing boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mina_hold_sessions(ARRAY(SELECT DISTINCT session_id FROM marker WHERE id = ANY (ids)));
    INSERT INTO mina_marker_place AS place (id, workspace_id, created_at)
    SELECT id,
        (SELECT session_place.workspace_id
         FROM session JOIN mina_session_place AS session_place ON session_place.id = session.id
         WHERE session.external_id = marker.session_id),
        coalesce(created_at, '1970-01-01 00:00:00')
    FROM marker WHERE id = ANY (ids)
    ON CONFLICT (id) DO UPDATE SET
        (workspace_id, created_at) = (EXCLUDED.workspace_id, EXCLUDED.created_at)
    WHERE NOT only_missing;
END $$;

CREATE FUNCTION mina_markers_inserted() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM mina_place_markers(ARRAY(SELECT id FROM changed), false);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_marker_place_insert AFTER INSERT ON marker
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mina_markers_inserted();

CREATE FUNCTION mina_marker_updated() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF OLD.session_id = NEW.session_id THEN
        UPDATE mina_marker_place SET created_at = coalesce(NEW.created_at, '1970-01-01 00:00:00')
        WHERE id = NEW.id;
        IF FOUND THEN RETURN NULL; END IF;
    END IF;
    PERFORM mina_hold_sessions(ARRAY[OLD.session_id, NEW.session_id]);
    PERFORM mina_place_markers(ARRAY[NEW.id], false);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_marker_place_update AFTER UPDATE ON marker FOR EACH ROW
    WHEN ((OLD.session_id, OLD.created_at) IS DISTINCT FROM (NEW.session_id, NEW.created_at))
    EXECUTE FUNCTION mina_marker_updated();

-- Gives sessions their workspace after meetings began or ceased to link them.
CREATE FUNCTION mina_link_sessions(external_ids text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ids integer[];
BEGIN
    PERFORM pg_advisory_xact_lock_shared(20, key) FROM (
        SELECT DISTINCT hashtext(id) & 1023 AS key FROM unnest(external_ids) AS linked (id)
        ORDER BY 1
    ) AS linked;
    ids := ARRAY(SELECT id FROM session WHERE external_id = ANY (external_ids) ORDER BY 1);
    PERFORM FROM (SELECT DISTINCT user_id AS id FROM session WHERE id = ANY (ids) ORDER BY 1)
            AS owner
        CROSS JOIN LATERAL (SELECT FROM "user" WHERE id = owner.id FOR KEY SHARE) AS held;
    PERFORM mina_move_sessions(ids);
END $$;

CREATE FUNCTION mina_meeting_linked() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM mina_link_sessions(ARRAY[NEW.session_id::text]);
    ELSE
        PERFORM mina_link_sessions(ARRAY[OLD.session_id::text]);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER mina_meeting_place_insert AFTER INSERT ON meeting FOR EACH ROW
    WHEN (NEW.session_id IS NOT NULL) EXECUTE FUNCTION mina_meeting_linked();
CREATE TRIGGER mina_meeting_place_delete AFTER DELETE ON meeting FOR EACH ROW
    WHEN (OLD.session_id IS NOT NULL) EXECUTE FUNCTION mina_meeting_linked();

CREATE FUNCTION mina_meeting_updated() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    IF OLD.workspace_id <> NEW.workspace_id THEN
        -- Waits for those who add rows to the meeting.
        PERFORM FROM meeting WHERE id = NEW.id FOR UPDATE;
        UPDATE mina_task_place SET workspace_id = NEW.workspace_id
        WHERE id IN (SELECT id FROM task WHERE meeting_id = NEW.id);
        UPDATE mina_analytics_place SET workspace_id = NEW.workspace_id
        WHERE id IN (SELECT id FROM analytics WHERE meeting_id = NEW.id);
    END IF;
    IF OLD.session_id IS NOT NULL OR NEW.session_id IS NOT NULL THEN
        PERFORM mina_link_sessions(ARRAY[OLD.session_id::text, NEW.session_id::text]);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER mina_meeting_place_update AFTER UPDATE ON meeting FOR EACH ROW
    WHEN ((OLD.workspace_id, OLD.session_id) IS DISTINCT FROM (NEW.workspace_id, NEW.session_id))
    EXECUTE FUNCTION mina_meeting_updated();

CREATE FUNCTION mina_user_moved() RETURNS trigger LANGUAGE plpgsql
SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    ids integer[];
BEGIN
    -- Waits for those who create sessions of the user.
    PERFORM FROM "user" WHERE id = NEW.id FOR UPDATE;
    ids := ARRAY(SELECT id FROM session WHERE user_id = NEW.id ORDER BY 1);
    IF NEW.workspace_id IS NULL THEN
        PERFORM pg_advisory_xact_lock(20, key) FROM (
            SELECT DISTINCT hashtext(external_id) & 1023 AS key FROM session
            WHERE id = ANY (ids) ORDER BY 1
        ) AS unowned;
    END IF;
    PERFORM mina_move_sessions(ids);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_user_place_update AFTER UPDATE ON "user" FOR EACH ROW
    WHEN (OLD.workspace_id IS DISTINCT FROM NEW.workspace_id)
    EXECUTE FUNCTION mina_user_moved();
