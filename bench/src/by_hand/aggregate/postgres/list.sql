-- The 50 newest meetings, each with its organizer. $1 is the workspace.
SELECT json_build_object('data', json_build_object('meetings', json_build_object('nodes', (
    SELECT coalesce(json_agg(node), '[]') FROM (
        SELECT rtrim(encode(('Meeting:' || m.id)::bytea, 'base64'), '=') AS id, m.title, upper(m.status) AS status,
            replace(m.scheduled_start::text, ' ', 'T') || 'Z' AS "scheduledStart",
            replace(m.created_at::text, ' ', 'T') || 'Z' AS "createdAt",
            (SELECT json_build_object('id', rtrim(encode(('User:' || u.id)::bytea, 'base64'), '='), 'username', u.username)
                FROM "user" AS u WHERE u.id = m.organizer_id AND u.workspace_id = $1) AS organizer
        FROM meeting AS m WHERE m.workspace_id = $1
        ORDER BY coalesce(m.created_at, '1970-01-01 00:00:00') DESC, m.id DESC
        LIMIT 50
    ) AS node
))))::text
