-- 50 tasks of a user with their dependencies, three deep. $1 is the workspace, $2 the ID.
SELECT json_object('data', json_object('user', (
    SELECT json_object('assignedTasks', json_object('nodes', (
        SELECT json_group_array(json_object(
            'id', 'Task:' || t.id, 'title', t.title, 'status', upper(t.status),
            'dependsOn', (
                    SELECT json_object('id', 'Task:' || a.id, 'title', a.title, 'status', upper(a.status),
                    'dependsOn', (
                        SELECT json_object('id', 'Task:' || b.id, 'title', b.title, 'status', upper(b.status),
                        'dependsOn', (
                            SELECT json_object('id', 'Task:' || c.id, 'title', c.title, 'status', upper(c.status))
                            FROM task AS c JOIN meeting AS m ON m.id = c.meeting_id AND m.workspace_id = $1
                            WHERE c.id = b.depends_on_task_id))
                        FROM task AS b JOIN meeting AS m ON m.id = b.meeting_id AND m.workspace_id = $1
                        WHERE b.id = a.depends_on_task_id))
                    FROM task AS a JOIN meeting AS m ON m.id = a.meeting_id AND m.workspace_id = $1
                    WHERE a.id = t.depends_on_task_id)
        )) FROM (
            SELECT task.*
            FROM task JOIN meeting AS m ON m.id = task.meeting_id AND m.workspace_id = $1
            WHERE task.assigned_to_id = u.id ORDER BY task.id LIMIT 50
        ) AS t
    )))
    FROM user AS u WHERE u.id = $2 AND u.workspace_id = $1
)))
