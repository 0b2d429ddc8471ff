import { useState } from "react";
import { useMutation, type CombinedError } from "urql";
import { graphql, readFragment, type FragmentType } from "../generated";
import { describeError } from "../api/describeError";
import { formatDate, formatEnum } from "../ui/format";

const TaskFragment = graphql(`
  fragment Task on Task {
    id
    title
    status
    priority
    dueDate
    isBlocked
    viewerCanComplete
    viewerCanReopen
    assignedTo {
      id
      username
    }
  }
`);

const TaskComplete = graphql(`
  mutation TaskComplete($input: TaskCompleteInput!) {
    taskComplete(input: $input) {
      task {
        id
        status
        isBlocked
        viewerCanComplete
        viewerCanReopen
      }
      userErrors {
        message
      }
    }
  }
`);

const TaskReopen = graphql(`
  mutation TaskReopen($input: TaskReopenInput!) {
    taskReopen(input: $input) {
      task {
        id
        status
        viewerCanComplete
        viewerCanReopen
      }
      userErrors {
        message
      }
    }
  }
`);

/** What a mutation answers if the user can do something about it. */
type UserErrors = readonly { readonly message: string }[];

export function TaskItem(props: { readonly task: FragmentType<typeof TaskFragment> }) {
  const task = readFragment(TaskFragment, props.task);
  const [{ fetching: isCompleting }, complete] = useMutation(TaskComplete);
  const [{ fetching: isReopening }, reopen] = useMutation(TaskReopen);
  const [problem, setProblem] = useState<string | null>(null);
  const isCompleted = task.status === "COMPLETED";

  // The cache shows the result at once (api/cache.ts), and takes it back if the server disagrees.
  async function change() {
    // The answer to the last click comes first.
    if (isCompleting || isReopening) return;
    setProblem(null);
    const input = { id: task.id };
    if (isCompleted) {
      const { data, error } = await reopen({ input });
      setProblem(describeProblem(data?.taskReopen?.userErrors, error));
    } else {
      const { data, error } = await complete({ input });
      setProblem(describeProblem(data?.taskComplete?.userErrors, error));
    }
  }

  return (
    <li className="task" data-status={task.status}>
      <label>
        <input
          type="checkbox"
          checked={isCompleted}
          disabled={isCompleted ? !task.viewerCanReopen : !task.viewerCanComplete}
          onChange={() => void change()}
        />
        <span className="task-title">{task.title}</span>
      </label>
      <p className="task-facts faint">
        {!isCompleted && task.status !== "TODO" && <span>{formatEnum(task.status)}</span>}
        {!isCompleted && task.isBlocked && <span>Blocked</span>}
        <span data-priority={task.priority}>{formatEnum(task.priority)} priority</span>
        {task.assignedTo && <span>{task.assignedTo.username}</span>}
        {task.dueDate && <span>due {formatDate(task.dueDate)}</span>}
      </p>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </li>
  );
}

function describeProblem(userErrors: UserErrors | undefined, error: CombinedError | undefined): string | null {
  if (error) return describeError(error);
  return userErrors?.map(({ message }) => message).join(" ") || null;
}
