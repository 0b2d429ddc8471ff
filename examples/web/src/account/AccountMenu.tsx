import { useQuery } from "urql";
import { Avatar } from "../ui/Avatar";
import { useAccount } from "./useAccount";
import { Viewer } from "./Viewer";

/** Who is signed in, and where. */
export function AccountMenu() {
  const { signOut } = useAccount();
  const [{ data }] = useQuery({ query: Viewer, requestPolicy: "cache-first" });
  const viewer = data?.viewer;
  return (
    <div className="account">
      {viewer && (
        <>
          <span className="account-name">
            <strong>{viewer.username}</strong>
            <span className="faint">{viewer.workspace?.name}</span>
          </span>
          <Avatar name={viewer.username} />
        </>
      )}
      <button type="button" className="quiet" onClick={signOut}>
        Sign out
      </button>
    </div>
  );
}
