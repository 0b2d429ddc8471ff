// Servers with settings of their own.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { binary } from "./support.js";

/** A server on a free port, with the database in a directory, which is created if there is none. */
export async function serve(directory, flags) {
  const env = { ...process.env, MINA_DATABASE_URL: `sqlite:${directory}/mina.db`, MINA_TOKEN_SECRET: "0123456789abcdef0123456789abcdef", MINA_PLAYGROUND: "full" };
  execFileSync(binary, ["migrate", "up"], { env, stdio: "ignore" });
  const server = spawn(binary, ["serve", "--listen", "127.0.0.1:0", ...flags], { env, stdio: ["ignore", "ignore", "pipe"] });
  for await (const line of createInterface({ input: server.stderr })) {
    const address = /listening on (http:[^"\s]+)/.exec(line)?.[1];
    if (address) {
      server.stderr.resume();
      return { server, address: `${address}/` };
    }
  }
  throw new Error("the server did not start");
}

/** Creates the database of a demo in a directory. */
export async function createDemo(directory) {
  const flags = ["demo", "--file", join(directory, "mina.db"), "--listen", "127.0.0.1:0"];
  const demo = spawn(binary, flags, { stdio: ["ignore", "pipe", "ignore"] });
  await once(demo.stdout, "data");
  demo.kill();
  await once(demo, "exit");
}
