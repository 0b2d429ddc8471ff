import { graphql, readFragment, type FragmentType } from "../generated";
import { Avatar } from "../ui/Avatar";
import { formatDay, formatTimes } from "../ui/format";
import { StatusBadge } from "../ui/StatusBadge";

const MeetingHeaderFragment = graphql(`
  fragment MeetingHeader on Meeting {
    title
    description
    status
    scheduledStart
    scheduledEnd
    organizer {
      id
      username
    }
  }
`);

export function MeetingHeader(props: { readonly meeting: FragmentType<typeof MeetingHeaderFragment> }) {
  const meeting = readFragment(MeetingHeaderFragment, props.meeting);
  const { title, description, status, scheduledStart, scheduledEnd, organizer } = meeting;
  return (
    <header className="meeting-header">
      <div className="meeting-title">
        <h1>{title}</h1>
        <StatusBadge status={status} />
      </div>
      <p className="row-facts faint">
        {scheduledStart && (
          <time dateTime={scheduledStart}>
            {formatDay(scheduledStart)}, {formatTimes(scheduledStart, scheduledEnd)}
          </time>
        )}
        {organizer && (
          <span className="row-fact">
            <Avatar name={organizer.username} />
            <span className="hidden">Organized by </span>
            {organizer.username}
          </span>
        )}
      </p>
      {description && <p className="description">{description}</p>}
    </header>
  );
}
