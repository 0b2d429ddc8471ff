import { createContext, useContext } from "react";
import type { Socket } from "./socket";

export const SocketContext = createContext<Socket | null>(null);

/** The WebSocket, for subscriptions that resume by themselves. Others use urql's hooks. */
export function useSocket(): Socket | null {
  return useContext(SocketContext);
}
