import { Link } from "wouter";
import { Empty } from "./Empty";
import { useTitle } from "./useTitle";

export function NotFound() {
  useTitle("Not found");
  return (
    <Empty title="There is no such page">
      <Link href="/">See all meetings</Link>
    </Empty>
  );
}
