-- The 50 newest meetings with everything around them. $1 is the workspace.
SELECT json_object('data', json_object('meetings', json_object('nodes', (
    SELECT json_group_array(json_object(
        'id', 'Meeting:' || m.id, 'title', m.title, 'status', upper(m.status),
        'scheduledStart', replace(m.scheduled_start, ' ', 'T') || 'Z',
        'createdAt', replace(m.created_at, ' ', 'T') || 'Z',
        'organizer', (SELECT json_object('id', 'User:' || u.id, 'username', u.username)
            FROM user AS u WHERE u.id = m.organizer_id AND u.workspace_id = $1),
        'workspace', (SELECT json_object('id', 'Workspace:' || w.id, 'name', w.name)
            FROM workspace AS w WHERE w.id = m.workspace_id),
        'tasks', json_object('nodes', (
            SELECT json_group_array(json_object(
                'id', 'Task:' || t.id, 'title', t.title, 'status', upper(t.status),
                'priority', upper(t.priority), 'dueDate', t.due_date,
                'assignedTo', (SELECT json_object('id', 'User:' || u.id, 'username', u.username)
                    FROM user AS u WHERE u.id = t.assigned_to_id AND u.workspace_id = $1)
            )) FROM (SELECT * FROM task WHERE meeting_id = m.id ORDER BY id LIMIT 10) AS t
        )),
        'participants', json_object('nodes', (
            SELECT json_group_array(json_object(
                'id', 'Participant:' || p.id, 'role', upper(p.role),
                'status', upper(p.status), 'user', (SELECT json_object('id', 'User:' || u.id, 'username', u.username)
                    FROM user AS u WHERE u.id = p.user_id AND u.workspace_id = $1)
            )) FROM (
                SELECT * FROM participant WHERE meeting_id = m.id ORDER BY id LIMIT 10
            ) AS p
        )),
        'analytics', (SELECT json_object('id', 'Analytics:' || a.id,
                'analysisStatus', upper(a.analysis_status),
                'meetingEffectivenessScore', a.meeting_effectiveness_score,
                'overallEngagementScore', a.overall_engagement_score,
                'overallSentimentScore', a.overall_sentiment_score)
            FROM analytics AS a WHERE a.meeting_id = m.id)
    )) FROM (
        SELECT * FROM meeting AS m WHERE workspace_id = $1
        ORDER BY coalesce(m.created_at, '1970-01-01 00:00:00') DESC, m.id DESC
        LIMIT 50
    ) AS m
))))
