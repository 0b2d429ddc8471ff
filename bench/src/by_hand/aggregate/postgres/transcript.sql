-- The first 1,000 segments of a session. $1 is the workspace, $2 the ID.
SELECT json_build_object('data', json_build_object('session', (
    SELECT json_build_object('id', rtrim(encode(('Session:' || s.id)::bytea, 'base64'), '='), 'externalId', s.external_id,
        'status', upper(s.status), 'segments', json_build_object('nodes', (
            SELECT coalesce(json_agg(node), '[]') FROM (
                SELECT rtrim(encode(('Segment:' || g.id)::bytea, 'base64'), '=') AS id, g.start_ms AS "startMs", g.end_ms AS "endMs",
                    g.speaker, g.text, g.confidence
                FROM segment AS g WHERE g.session_id = s.id
                ORDER BY g.start_ms, g.id LIMIT 1000
            ) AS node
        )))
    FROM session AS s JOIN "user" AS u ON u.id = s.user_id AND u.workspace_id = $1
    WHERE s.id = $2
)))::text
