import { type ReactNode, useMemo, useState } from "react";
import { storeToken, storedToken } from "./token";
import { type Account, AccountContext } from "./useAccount";

export function AccountProvider({ children }: { readonly children: ReactNode }) {
  const [state, setState] = useState(() => ({ token: storedToken(), hasExpired: false }));
  // They stay the same, so that they can be handed to what lives as long as a sign-in.
  const [actions] = useState(() => {
    function change(token: string | null, hasExpired: boolean) {
      storeToken(token);
      setState({ token, hasExpired });
    }
    return {
      signIn: (token: string) => change(token, false),
      signOut: () => change(null, false),
      expire: () => change(null, true),
    };
  });
  const account = useMemo<Account>(() => ({ ...state, ...actions }), [state, actions]);
  return <AccountContext value={account}>{children}</AccountContext>;
}
