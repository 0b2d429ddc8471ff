import { useQuery } from "urql";
import { graphql } from "../generated";
import { describeError } from "../api/describeError";
import { Empty } from "../ui/Empty";
import { Failure } from "../ui/Failure";
import { LoadMore } from "../ui/LoadMore";
import { Skeleton } from "../ui/Skeleton";
import { usePages } from "../ui/usePages";
import { SearchResult } from "./SearchResult";

const PAGE_SIZE = 20;

const Search = graphql(`
  query Search($text: String!, $first: Int!, $after: String) {
    search(text: $text, first: $first, after: $after) {
      nodes {
        ... on Node {
          id
        }
        ...SearchResult
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

/** What is found, and more of it when somebody scrolls. */
export function SearchResults({ text }: { readonly text: string }) {
  const [pages, showMore] = usePages();
  return <Page text={text} after={null} remaining={pages} onMore={showMore} />;
}

interface PageProps {
  readonly text: string;
  readonly after: string | null;
  /** How many pages are shown, this one included. */
  readonly remaining: number;
  readonly onMore: () => void;
}

function Page({ text, after, remaining, onMore }: PageProps) {
  const [{ data, error }, refetch] = useQuery({ query: Search, variables: { text, first: PAGE_SIZE, after } });
  const results = data?.search;
  if (error) {
    return <Failure message={describeError(error)} onRetry={() => refetch({ requestPolicy: "network-only" })} />;
  }
  if (!results) return <Skeleton label="Searching" rows={5} />;
  if (after === null && results.nodes.length === 0) {
    return <Empty title={`Nothing found for “${text}”`}>Try other words.</Empty>;
  }
  const { endCursor, hasNextPage } = results.pageInfo;
  return (
    <>
      {after === null && (
        <p className="hidden" role="status">
          {hasNextPage ? `The first ${results.nodes.length} results` : `${results.nodes.length} results`}
        </p>
      )}
      <ul className="card rows">
        {results.nodes.map((result) => (
          <SearchResult key={result.id} result={result} text={text} />
        ))}
      </ul>
      {hasNextPage &&
        (remaining > 1 ? (
          <Page text={text} after={endCursor} remaining={remaining - 1} onMore={onMore} />
        ) : (
          <LoadMore onLoad={onMore} />
        ))}
    </>
  );
}
