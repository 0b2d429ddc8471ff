import { Link } from "wouter";
import { graphql, readFragment, type FragmentType } from "../generated";
import { Avatar } from "../ui/Avatar";
import { count, formatTime } from "../ui/format";
import { Icon } from "../ui/Icon";
import { StatusBadge } from "../ui/StatusBadge";

const MeetingRowFragment = graphql(`
  fragment MeetingRow on Meeting {
    id
    title
    status
    scheduledStart
    organizer {
      id
      username
    }
    participants {
      totalCount
    }
    tasks {
      totalCount
    }
  }
`);

export function MeetingRow({ meeting }: { readonly meeting: FragmentType<typeof MeetingRowFragment> }) {
  const { id, title, status, scheduledStart, organizer, participants, tasks } = readFragment(MeetingRowFragment, meeting);
  return (
    <li>
      <Link href={`/meetings/${id}`} className="row meeting-row">
        <span className="row-time">{scheduledStart ? formatTime(scheduledStart) : "–"}</span>
        <span className="row-main">
          <span className="row-title">{title}</span>
          <span className="row-facts faint">
            {organizer && (
              <span className="row-fact">
                <Avatar name={organizer.username} />
                {organizer.username}
              </span>
            )}
            <span className="row-fact">
              <Icon name="people" />
              <span className="hidden">{count(participants.totalCount, "participant")}</span>
              <span aria-hidden="true">{participants.totalCount}</span>
            </span>
            {tasks.totalCount > 0 && (
              <span className="row-fact">
                <Icon name="tasks" />
                <span className="hidden">{count(tasks.totalCount, "task")}</span>
                <span aria-hidden="true">{tasks.totalCount}</span>
              </span>
            )}
          </span>
        </span>
        <StatusBadge status={status} />
      </Link>
    </li>
  );
}
