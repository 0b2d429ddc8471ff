-- The 50 newest meetings with everything around them. $1 is the workspace.
SELECT json_build_object('data', json_build_object('meetings', json_build_object('nodes', (
    SELECT coalesce(json_agg(node), '[]') FROM (
        SELECT rtrim(encode(('Meeting:' || m.id)::bytea, 'base64'), '=') AS id, m.title, upper(m.status) AS status,
            replace(m.scheduled_start::text, ' ', 'T') || 'Z' AS "scheduledStart",
            replace(m.created_at::text, ' ', 'T') || 'Z' AS "createdAt",
            (SELECT json_build_object('id', rtrim(encode(('User:' || u.id)::bytea, 'base64'), '='), 'username', u.username)
                FROM "user" AS u WHERE u.id = m.organizer_id AND u.workspace_id = $1) AS organizer,
            (SELECT json_build_object('id', rtrim(encode(('Workspace:' || w.id)::bytea, 'base64'), '='), 'name', w.name)
            FROM workspace AS w WHERE w.id = m.workspace_id) AS workspace,
            json_build_object('nodes', (
                SELECT coalesce(json_agg(node), '[]') FROM (
                    SELECT rtrim(encode(('Task:' || t.id)::bytea, 'base64'), '=') AS id, t.title, upper(t.status) AS status,
                        upper(t.priority) AS priority, t.due_date AS "dueDate",
                        (SELECT json_build_object('id', rtrim(encode(('User:' || u.id)::bytea, 'base64'), '='), 'username', u.username)
                            FROM "user" AS u WHERE u.id = t.assigned_to_id AND u.workspace_id = $1) AS "assignedTo"
                    FROM task AS t WHERE t.meeting_id = m.id ORDER BY t.id LIMIT 10
                ) AS node
            )) AS tasks,
            json_build_object('nodes', (
                SELECT coalesce(json_agg(node), '[]') FROM (
                    SELECT rtrim(encode(('Participant:' || p.id)::bytea, 'base64'), '=') AS id, upper(p.role) AS role,
                        upper(p.status) AS status, (SELECT json_build_object('id', rtrim(encode(('User:' || u.id)::bytea, 'base64'), '='), 'username', u.username)
                            FROM "user" AS u WHERE u.id = p.user_id AND u.workspace_id = $1) AS "user"
                    FROM participant AS p WHERE p.meeting_id = m.id ORDER BY p.id LIMIT 10
                ) AS node
            )) AS participants,
            (SELECT json_build_object('id', rtrim(encode(('Analytics:' || a.id)::bytea, 'base64'), '='),
                'analysisStatus', upper(a.analysis_status),
                'meetingEffectivenessScore', a.meeting_effectiveness_score,
                'overallEngagementScore', a.overall_engagement_score,
                'overallSentimentScore', a.overall_sentiment_score)
            FROM analytics AS a WHERE a.meeting_id = m.id) AS analytics
        FROM meeting AS m WHERE m.workspace_id = $1
        ORDER BY coalesce(m.created_at, '1970-01-01 00:00:00') DESC, m.id DESC
        LIMIT 50
    ) AS node
))))::text
