-- The first 1,000 segments of a session. $1 is the workspace, $2 the ID.
SELECT json_object('data', json_object('session', (
    SELECT json_object('id', 'Session:' || s.id, 'externalId', s.external_id,
        'status', upper(s.status), 'segments', json_object('nodes', (
            SELECT json_group_array(json_object(
                'id', 'Segment:' || g.id, 'startMs', g.start_ms, 'endMs', g.end_ms,
                'speaker', g.speaker, 'text', g.text, 'confidence', g.confidence
            )) FROM (
                SELECT * FROM segment WHERE session_id = s.id
                ORDER BY start_ms, id LIMIT 1000
            ) AS g
        )))
    FROM session AS s JOIN user AS u ON u.id = s.user_id AND u.workspace_id = $1
    WHERE s.id = $2
)))
