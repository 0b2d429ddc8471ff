-- 50 tasks of a user with their dependencies, three deep. $1 is the workspace, $2 the ID.
SELECT json_build_object('data', json_build_object('user', (
    SELECT json_build_object('assignedTasks', json_build_object('nodes', (
        SELECT coalesce(json_agg(node), '[]') FROM (
            SELECT rtrim(encode(('Task:' || t.id)::bytea, 'base64'), '=') AS id, t.title, upper(t.status) AS status,
                (
                    SELECT json_build_object('id', rtrim(encode(('Task:' || a.id)::bytea, 'base64'), '='), 'title', a.title, 'status', upper(a.status),
                    'dependsOn', (
                        SELECT json_build_object('id', rtrim(encode(('Task:' || b.id)::bytea, 'base64'), '='), 'title', b.title, 'status', upper(b.status),
                        'dependsOn', (
                            SELECT json_build_object('id', rtrim(encode(('Task:' || c.id)::bytea, 'base64'), '='), 'title', c.title, 'status', upper(c.status))
                            FROM task AS c JOIN meeting AS m ON m.id = c.meeting_id AND m.workspace_id = $1
                            WHERE c.id = b.depends_on_task_id))
                        FROM task AS b JOIN meeting AS m ON m.id = b.meeting_id AND m.workspace_id = $1
                        WHERE b.id = a.depends_on_task_id))
                    FROM task AS a JOIN meeting AS m ON m.id = a.meeting_id AND m.workspace_id = $1
                    WHERE a.id = t.depends_on_task_id) AS "dependsOn"
            FROM task AS t
            WHERE t.assigned_to_id = u.id
                AND (SELECT m.workspace_id FROM meeting AS m WHERE m.id = t.meeting_id) = $1
            ORDER BY t.id LIMIT 50
        ) AS node
    )))
    FROM "user" AS u WHERE u.id = $2 AND u.workspace_id = $1
)))::text
