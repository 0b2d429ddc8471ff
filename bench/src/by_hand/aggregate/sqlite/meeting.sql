-- One meeting with its organizer. $1 is the workspace, $2 the ID.
SELECT json_object('data', json_object('meeting', (
    SELECT json_object('id', 'Meeting:' || m.id, 'title', m.title,
        'description', m.description, 'status', upper(m.status),
        'scheduledStart', replace(m.scheduled_start, ' ', 'T') || 'Z',
        'scheduledEnd', replace(m.scheduled_end, ' ', 'T') || 'Z',
        'organizer', (
            SELECT json_object('id', 'User:' || u.id, 'username', u.username,
                'email', u.email)
            FROM user AS u WHERE u.id = m.organizer_id AND u.workspace_id = $1
        ))
    FROM meeting AS m WHERE m.id = $2 AND m.workspace_id = $1
)))
