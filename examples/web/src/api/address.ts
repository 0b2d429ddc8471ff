// Where the API is. By default, it is at the address of the page, to which a reverse proxy (or Vite)
// adds it. VITE_MINA_URL names another server, which must allow the page's origin (`--cors-origins`).

const server = import.meta.env.VITE_MINA_URL ?? location.origin;

export const httpUrl = new URL("/graphql", server).href;
export const socketUrl = httpUrl.replace(/^http/, "ws");
