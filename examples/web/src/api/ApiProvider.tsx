import { type ReactNode, useMemo } from "react";
import { Provider } from "urql";
import { useAccount } from "../account/useAccount";
import { createApi } from "./createApi";
import { SocketContext } from "./useSocket";

interface Props {
  readonly token: string | null;
  readonly children: ReactNode;
}

export function ApiProvider({ token, children }: Props) {
  const { expire } = useAccount();
  const { client, socket } = useMemo(() => createApi(token, expire), [token, expire]);
  return (
    <Provider value={client}>
      <SocketContext value={socket}>{children}</SocketContext>
    </Provider>
  );
}
