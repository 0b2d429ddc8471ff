// A cable between a browser and a server that can be cut.
import { once } from "node:events";
import { connect, createServer } from "node:net";

export async function layCable(target) {
  const { hostname, port } = new URL(target);
  const sockets = new Set();
  let waiting = [];
  let isCut = false;

  function join(near) {
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [[near, far], [far, near]]) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }

  const server = createServer((near) => {
    near.on("error", () => {});
    if (isCut) waiting.push(near);
    else join(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Ends all connections. New ones get no answer until the cable is repaired. */
    cut() {
      isCut = true;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    repair() {
      isCut = false;
      for (const near of waiting) join(near);
      waiting = [];
    },
    remove() {
      server.close();
      for (const socket of [...sockets, ...waiting]) socket.destroy();
    },
  };
}
