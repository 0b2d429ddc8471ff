import { createContext, useContext } from "react";

export interface Account {
  /** The bearer token, or null if nobody is signed in. */
  readonly token: string | null;
  /** Whether the server has rejected the token, so that somebody has to sign in again. */
  readonly hasExpired: boolean;
  signIn(token: string): void;
  signOut(): void;
  /** Forgets a token that the server has rejected. */
  expire(): void;
}

export const AccountContext = createContext<Account | null>(null);

export function useAccount(): Account {
  const account = useContext(AccountContext);
  if (!account) throw new Error("useAccount needs an AccountProvider");
  return account;
}
