import { useSearchParams } from "wouter";
import { useTitle } from "../ui/useTitle";
import { readFilters, writeFilters } from "./filters";
import { MeetingFilters } from "./MeetingFilters";
import { MeetingList } from "./MeetingList";

export function MeetingsPage() {
  useTitle("Meetings");
  const [parameters, setParameters] = useSearchParams();
  const filters = readFilters(parameters);
  return (
    <div className="page">
      <h1>Meetings</h1>
      <MeetingFilters
        filters={filters}
        onChange={(changed) => setParameters(writeFilters(changed), { replace: true })}
      />
      <MeetingList key={parameters.toString()} filters={filters} />
    </div>
  );
}
