import { graphql, readFragment, type FragmentType } from "../generated";
import { Empty } from "../ui/Empty";
import { TaskItem } from "./TaskItem";

const MeetingTasks = graphql(`
  fragment MeetingTasks on Meeting {
    tasks(first: 50) {
      totalCount
      nodes {
        id
        ...Task
      }
    }
  }
`);

export function Tasks(props: { readonly meeting: FragmentType<typeof MeetingTasks> }) {
  const { nodes, totalCount } = readFragment(MeetingTasks, props.meeting).tasks;
  const hidden = totalCount - nodes.length;
  return (
    <section className="card" aria-labelledby="tasks-title">
      <header className="card-header">
        <h2 id="tasks-title">Tasks</h2>
        <span className="total faint">{totalCount}</span>
      </header>
      {nodes.length === 0 && <Empty title="No tasks" />}
      <ul className="tasks">
        {nodes.map((task) => (
          <TaskItem key={task.id} task={task} />
        ))}
      </ul>
      {hidden > 0 && <p className="faint">and {hidden} more</p>}
    </section>
  );
}
