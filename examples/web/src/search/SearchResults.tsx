import { useCallback, useState } from "react";
import { useQuery } from "urql";
import { graphql } from "../generated";
import { describeError } from "../api/describeError";
import { Empty } from "../ui/Empty";
import { Failure } from "../ui/Failure";
import { LoadMore } from "../ui/LoadMore";
import { Skeleton } from "../ui/Skeleton";
import { SearchResult } from "./SearchResult";

const PAGE_SIZE = 20;

const Search = graphql(`
  query Search($text: String!, $first: Int!, $after: String) {
    search(text: $text, first: $first, after: $after) {
      nodes {
        __typename
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

export function SearchResults({ text }: { readonly text: string }) {
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error, fetching }, refetch] = useQuery({
    query: Search,
    variables: { text, first: PAGE_SIZE, after },
  });
  const results = data?.search;
  const endCursor = results?.pageInfo.endCursor ?? null;
  const loadMore = useCallback(() => setAfter(endCursor), [endCursor]);
  const retry = () => refetch({ requestPolicy: "network-only" });

  if (!results) {
    if (error) return <Failure message={describeError(error)} onRetry={retry} />;
    return <Skeleton label="Searching" rows={5} />;
  }
  if (results.nodes.length === 0) return <Empty title={`Nothing found for “${text}”`}>Try other words.</Empty>;
  return (
    <>
      <p className="hidden" role="status">
        {results.pageInfo.hasNextPage ? `${results.nodes.length} results, and more` : `${results.nodes.length} results`}
      </p>
      <ul className="card rows">
        {results.nodes.map((result) => (
          <SearchResult key={result.id} result={result} text={text} />
        ))}
      </ul>
      {error ? (
        <Failure message={describeError(error)} onRetry={retry} />
      ) : (
        results.pageInfo.hasNextPage && <LoadMore isLoading={fetching} onLoad={loadMore} />
      )}
    </>
  );
}
