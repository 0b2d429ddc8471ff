// Where the API is. By default, it is at the address of the page, to which a reverse proxy (or Vite)
// adds it. VITE_MINA_URL names another server, which must allow the page's origin (`--cors-origins`).

const server = import.meta.env.VITE_MINA_URL ?? location.origin;

export const httpUrl = addressOf("/graphql");
export const socketUrl = httpUrl.replace(/^http/, "ws");

/** The address of a path of the server. */
export function addressOf(path: string): string {
  return new URL(path, server).href;
}
