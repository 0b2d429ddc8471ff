// The clients that people use, `graphql-ws` and `graphql-sse`, as they use them. The binary is MINA_BIN.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWsClient } from "graphql-ws";
import WebSocket from "ws";

const binary = resolve(process.env.MINA_BIN ?? "../../target/debug/mina");
const directory = mkdtempSync(join(tmpdir(), "mina-clients-"));
const env = { MINA_DATABASE_URL: "sqlite:clients.db", MINA_TOKEN_SECRET: "the secret of the tests of the clients", MINA_DRAIN_DELAY: "0s" };
let server;
let address = "127.0.0.1:0";
let token;

// Starts the server, at the address that it had before.
async function start() {
  server = spawn(binary, ["serve", "--listen", address, "--log-format", "json"], { cwd: directory, env, stdio: ["ignore", "ignore", "pipe"] });
  const lines = createInterface({ input: server.stderr });
  for await (const line of lines) {
    const entry = JSON.parse(line);
    if (entry.address) {
      address = entry.address;
      server.stderr.resume();
      return;
    }
  }
  assert.fail("the server did not start");
}

async function stop() {
  const ended = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  assert.equal(await ended, 0);
}

async function ask(query, variables) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`http://${address}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

const append = (sessionId, ...texts) => ask(
  "mutation ($input: SegmentsAppendInput!) { segmentsAppend(input: $input) { userErrors { message } } }",
  { input: { sessionId, segments: texts.map((text) => ({ text })) } },
);

async function recording() {
  const { sessionCreate: { session } } = await ask("mutation { sessionCreate(input: {}) { session { id } } }");
  await ask("mutation ($id: ID!) { sessionStart(input: { id: $id }) { session { id } } }", { id: session.id });
  return session.id;
}

before(async () => {
  const migrated = spawnSync(binary, ["migrate", "up"], { cwd: directory, env });
  assert.equal(migrated.status, 0, String(migrated.stderr));
  await start();
  const input = { username: "ada", email: "ada@example.org", password: "a password of ada", workspaceName: "Acme" };
  ({ signUp: { token } } = await ask("mutation ($input: SignUpInput!) { signUp(input: $input) { token } }", { input }));
});

after(() => {
  server?.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

const clients = {
  "graphql-ws": () => createWsClient({
    url: `ws://${address}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: () => ({ Authorization: `Bearer ${token}` }),
    retryAttempts: 300,
    // In Node, a refused connection is an error and no close event, after which it would give up.
    shouldRetry: () => true,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 100)),
  }),
  "graphql-sse": () => createSseClient({
    url: `http://${address}/graphql`,
    headers: () => ({ authorization: `Bearer ${token}` }),
    retryAttempts: 300,
    retry: () => new Promise((resolve) => setTimeout(resolve, 100)),
  }),
};

for (const [name, create] of Object.entries(clients)) {
  test(`${name} queries, mutates and receives errors`, async () => {
    const client = create();
    const once = (query, variables) => new Promise((resolve, reject) => {
      let answer;
      client.subscribe({ query, variables }, { next: (next) => { answer = next; }, error: reject, complete: () => resolve(answer) });
    });
    assert.equal((await once("{ viewer { username } }")).data.viewer.username, "ada");
    const mutation = "mutation ($title: String!) { meetingCreate(input: { title: $title }) { meeting { title } } }";
    assert.equal((await once(mutation, { title: name })).data.meetingCreate.meeting.title, name);
    // Over a socket what is wrong with a document is an error; a stream tells it as an answer.
    const wrong = await once("{ nonsense }").catch((errors) => ({ errors }));
    assert.match(wrong.errors[0].message, /nonsense/);
    client.dispose();
  });

  test(`${name} resumes where it was when the server is restarted`, async () => {
    const session = await recording();
    await append(session, "1", "2");
    const client = create();
    // Both clients send the request as it is at that moment when they come back.
    const variables = { session, after: 0 };
    const query = "subscription ($session: ID!, $after: Int) { sessionTranscript(sessionId: $session, after: $after) { position segment { text } } }";
    const texts = [];
    let heard = () => {};
    const failed = new Promise((_, reject) => {
      client.subscribe({ query, variables }, {
        next: ({ data }) => {
          texts.push(data.sessionTranscript.segment.text);
          variables.after = data.sessionTranscript.position;
          heard();
        },
        error: reject,
        complete: () => reject(new Error("it was completed")),
      });
    });
    const until = async (count) => {
      while (texts.length < count) await Promise.race([failed, new Promise((resolve) => { heard = resolve; })]);
    };
    await until(2);
    for (const round of [1, 2]) {
      await stop();
      await start();
      await append(session, `${round} a`, `${round} b`);
      await until(2 + 2 * round);
    }
    assert.deepEqual(texts, ["1", "2", "1 a", "1 b", "2 a", "2 b"]);
    client.dispose();
  });
}
