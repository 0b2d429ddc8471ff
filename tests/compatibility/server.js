// Servers: one with an empty database, and a demo.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const binary = resolve(process.env.MINA_BIN ?? "../../target/debug/mina");

export async function serve(...flags) {
  const directory = mkdtempSync(join(tmpdir(), "mina-compatibility-"));
  const env = { MINA_DATABASE_URL: `sqlite:${directory}/mina.db`, MINA_TOKEN_SECRET: "the secret of the tests of compatibility" };
  execFileSync(binary, ["migrate", "up"], { env, stdio: "ignore" });
  const server = spawn(binary, ["serve", "--listen", "127.0.0.1:0", "--log-format", "json", ...flags], { env, stdio: ["ignore", "ignore", "pipe"] });
  const stop = () => {
    server.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  };
  const said = [];
  for await (const line of createInterface({ input: server.stderr })) {
    said.push(line);
    const { address } = line.startsWith("{") ? JSON.parse(line) : {};
    if (address) {
      server.stderr.resume();
      return { address: `http://${address}`, stop };
    }
  }
  stop();
  throw new Error(`the server did not start:\n${said.join("\n")}`);
}

/** A demo, with a token of its first user. */
export async function demo() {
  const directory = mkdtempSync(join(tmpdir(), "mina-compatibility-"));
  const server = spawn(binary, ["demo", "--listen", "127.0.0.1:0"], { cwd: directory, stdio: ["ignore", "pipe", "ignore"] });
  const stop = () => {
    server.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  };
  let address;
  for await (const line of createInterface({ input: server.stdout })) {
    address ??= /(http:\S+)\/graphql/.exec(line)?.[1];
    const token = /export TOKEN=(\S+)/.exec(line)?.[1];
    if (token) {
      server.stdout.resume();
      return { address, token, stop };
    }
  }
  stop();
  throw new Error("the demo did not start");
}
