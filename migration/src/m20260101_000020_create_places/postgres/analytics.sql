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

CREATE VIEW mina_expected_analytics_place AS
SELECT id,
    (SELECT workspace_id FROM meeting WHERE meeting.id = analytics.meeting_id) AS workspace_id,
    coalesce(analysis_status, 'pending') AS analysis_status,
    coalesce(created_at, '1970-01-01 00:00:00') AS created_at
FROM analytics;

-- Places analyses.
CREATE FUNCTION mina_place_analytics(ids integer[], only_missing boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF only_missing THEN
        PERFORM FROM analytics WHERE id = ANY (ids) ORDER BY id FOR KEY SHARE;
    END IF;
    PERFORM mina_hold_meetings(ARRAY(SELECT meeting_id FROM analytics WHERE id = ANY (ids)));
    INSERT INTO mina_analytics_place (id, workspace_id, analysis_status, created_at)
    SELECT id, workspace_id, analysis_status, created_at
    FROM mina_expected_analytics_place WHERE id = ANY (ids)
    ON CONFLICT (id) DO UPDATE SET
        (workspace_id, analysis_status, created_at)
        = (EXCLUDED.workspace_id, EXCLUDED.analysis_status, EXCLUDED.created_at)
    WHERE NOT only_missing;
END $$;

CREATE FUNCTION mina_analytics_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mina_place_analytics(ARRAY(SELECT id FROM changed), false);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_analytics_place_insert AFTER INSERT ON analytics
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION mina_analytics_inserted();

CREATE FUNCTION mina_analytics_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.meeting_id IS NOT DISTINCT FROM NEW.meeting_id THEN
        UPDATE mina_analytics_place
        SET analysis_status = coalesce(NEW.analysis_status, 'pending'),
            created_at = coalesce(NEW.created_at, '1970-01-01 00:00:00')
        WHERE id = NEW.id;
        IF FOUND THEN RETURN NULL; END IF;
    END IF;
    PERFORM mina_hold_meetings(ARRAY[OLD.meeting_id, NEW.meeting_id]);
    PERFORM mina_place_analytics(ARRAY[NEW.id], false);
    RETURN NULL;
END $$;

CREATE TRIGGER mina_analytics_place_update AFTER UPDATE ON analytics FOR EACH ROW
    WHEN ((OLD.meeting_id, OLD.analysis_status, OLD.created_at)
        IS DISTINCT FROM (NEW.meeting_id, NEW.analysis_status, NEW.created_at))
    EXECUTE FUNCTION mina_analytics_updated();
