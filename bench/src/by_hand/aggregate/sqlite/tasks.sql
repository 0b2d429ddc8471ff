-- 50 open tasks of a user by due date, each with its meeting. $1 is the workspace, $2 the ID.
SELECT json_object('data', json_object('user', (
    SELECT json_object('assignedTasks', json_object('nodes', (
        SELECT json_group_array(json_object(
            'id', 'Task:' || t.id, 'title', t.title, 'status', upper(t.status),
            'priority', upper(t.priority), 'dueDate', t.due_date,
            'meeting', json_object('id', 'Meeting:' || t.meeting_id, 'title', t.meeting)
        )) FROM (
            SELECT task.*, m.title AS meeting
            FROM task JOIN meeting AS m ON m.id = task.meeting_id AND m.workspace_id = $1
            WHERE task.assigned_to_id = u.id AND task.status = 'todo'
            ORDER BY task.due_date, task.id LIMIT 50
        ) AS t
    )))
    FROM user AS u WHERE u.id = $2 AND u.workspace_id = $1
)))
