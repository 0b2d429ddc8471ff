-- The 50 newest meetings, each with its organizer. $1 is the workspace.
SELECT json_object('data', json_object('meetings', json_object('nodes', (
    SELECT json_group_array(json_object(
        'id', 'Meeting:' || m.id, 'title', m.title, 'status', upper(m.status),
        'scheduledStart', replace(m.scheduled_start, ' ', 'T') || 'Z',
        'createdAt', replace(m.created_at, ' ', 'T') || 'Z',
        'organizer', (SELECT json_object('id', 'User:' || u.id, 'username', u.username)
            FROM user AS u WHERE u.id = m.organizer_id AND u.workspace_id = $1)
    )) FROM (
        SELECT * FROM meeting AS m WHERE workspace_id = $1
        ORDER BY coalesce(m.created_at, '1970-01-01 00:00:00') DESC, m.id DESC
        LIMIT 50
    ) AS m
))))
