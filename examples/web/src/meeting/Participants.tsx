import { graphql, readFragment, type FragmentType } from "../generated";
import { Avatar } from "../ui/Avatar";
import { Empty } from "../ui/Empty";
import { formatEnum } from "../ui/format";

const MeetingParticipants = graphql(`
  fragment MeetingParticipants on Meeting {
    participants(first: 50) {
      totalCount
      nodes {
        id
        role
        status
        user {
          id
          username
        }
      }
    }
  }
`);

export function Participants(props: { readonly meeting: FragmentType<typeof MeetingParticipants> }) {
  const { nodes, totalCount } = readFragment(MeetingParticipants, props.meeting).participants;
  const hidden = totalCount - nodes.length;
  return (
    <section className="card" aria-labelledby="participants-title">
      <header className="card-header">
        <h2 id="participants-title">Participants</h2>
        <span className="total faint">{totalCount}</span>
      </header>
      {nodes.length === 0 && <Empty title="Nobody is invited yet" />}
      <ul className="participants">
        {nodes.map(({ id, role, status, user }) => {
          // A user of another workspace is not visible here.
          const name = user?.username ?? "Guest";
          return (
            <li key={id}>
              <Avatar name={name} />
              <span className="participant-name">{name}</span>
              {role !== "PARTICIPANT" && <span className="faint">{formatEnum(role)}</span>}
              <span className="participant-status faint" data-status={status}>
                {formatEnum(status)}
              </span>
            </li>
          );
        })}
      </ul>
      {hidden > 0 && <p className="faint">and {hidden} more</p>}
    </section>
  );
}
