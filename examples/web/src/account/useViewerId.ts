import { useQuery } from "urql";
import { Viewer } from "./Viewer";

/** The ID of the signed-in user, as soon as it is known. */
export function useViewerId(): string | undefined {
  const [{ data }] = useQuery({ query: Viewer, requestPolicy: "cache-first" });
  return data?.viewer?.id;
}
