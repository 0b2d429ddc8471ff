-- One meeting with its organizer. $1 is the workspace, $2 the ID.
SELECT json_build_object('data', json_build_object('meeting', (
    SELECT json_build_object('id', rtrim(encode(('Meeting:' || m.id)::bytea, 'base64'), '='), 'title', m.title,
        'description', m.description, 'status', upper(m.status),
        'scheduledStart', replace(m.scheduled_start::text, ' ', 'T') || 'Z',
        'scheduledEnd', replace(m.scheduled_end::text, ' ', 'T') || 'Z',
        'organizer', (
            SELECT json_build_object('id', rtrim(encode(('User:' || u.id)::bytea, 'base64'), '='), 'username', u.username,
                'email', u.email)
            FROM "user" AS u WHERE u.id = m.organizer_id AND u.workspace_id = $1
        ))
    FROM meeting AS m WHERE m.id = $2 AND m.workspace_id = $1
)))::text
