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

CREATE VIEW mina_expected_analytics_place AS
SELECT id,
    (SELECT workspace_id FROM meeting WHERE meeting.id = analytics.meeting_id) AS workspace_id,
    coalesce(analysis_status, 'pending') AS analysis_status,
    coalesce(created_at, '1970-01-01 00:00:00') AS created_at
FROM analytics;

CREATE TRIGGER mina_analytics_place_insert AFTER INSERT ON analytics BEGIN
    INSERT INTO mina_analytics_place (id, workspace_id, analysis_status, created_at)
    SELECT id, workspace_id, analysis_status, created_at
    FROM mina_expected_analytics_place WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        analysis_status = excluded.analysis_status,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_analytics_place_update
AFTER UPDATE OF id, meeting_id, analysis_status, created_at ON analytics
WHEN OLD.id IS NOT NEW.id
    OR OLD.meeting_id IS NOT NEW.meeting_id
    OR OLD.analysis_status IS NOT NEW.analysis_status
    OR OLD.created_at IS NOT NEW.created_at
BEGIN
    DELETE FROM mina_analytics_place WHERE id = OLD.id AND OLD.id IS NOT NEW.id;
    INSERT INTO mina_analytics_place (id, workspace_id, analysis_status, created_at)
    SELECT id, workspace_id, analysis_status, created_at
    FROM mina_expected_analytics_place WHERE id = NEW.id
    ON CONFLICT (id) DO UPDATE SET
        workspace_id = excluded.workspace_id,
        analysis_status = excluded.analysis_status,
        created_at = excluded.created_at;
END;

CREATE TRIGGER mina_analytics_place_delete AFTER DELETE ON analytics BEGIN
    DELETE FROM mina_analytics_place WHERE id = OLD.id;
END;
