-- 50 open tasks of a user by due date, each with its meeting. $1 is the workspace, $2 the ID.
SELECT json_build_object('data', json_build_object('user', (
    SELECT json_build_object('assignedTasks', json_build_object('nodes', (
        SELECT coalesce(json_agg(node), '[]') FROM (
            SELECT rtrim(encode(('Task:' || t.id)::bytea, 'base64'), '=') AS id, t.title, upper(t.status) AS status,
                upper(t.priority) AS priority, t.due_date AS "dueDate",
                json_build_object('id', rtrim(encode(('Meeting:' || m.id)::bytea, 'base64'), '='), 'title', m.title) AS meeting
            FROM (
                SELECT * FROM task
                WHERE assigned_to_id = u.id AND status = 'todo'
                    AND (SELECT workspace_id FROM meeting WHERE meeting.id = task.meeting_id) = $1
                ORDER BY due_date, id LIMIT 50
            ) AS t
            JOIN meeting AS m ON m.id = t.meeting_id AND m.workspace_id = $1
            ORDER BY t.due_date, t.id
        ) AS node
    )))
    FROM "user" AS u WHERE u.id = $2 AND u.workspace_id = $1
)))::text
