// Clients on a running server: queries that go on page by page, mutations whose result the cache
// takes over, and subscriptions.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { ApolloClient, gql as apollo, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { Client, fetchExchange, gql as urql, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { initGraphQLTada } from "gql.tada";
import * as graphql16 from "graphql";
import * as graphql17 from "graphql17";
import { createClient } from "graphql-ws";
import relay from "relay-runtime";
import typescript from "typescript";
import WebSocket from "ws";
import { demo } from "./server.js";

const sdl = readFileSync("../../schema.graphql", "utf8");
let server;
let url;
let headers;
let socket;

before(async () => {
  server = await demo();
  url = `${server.address}/graphql`;
  headers = { authorization: `Bearer ${server.token}` };
  socket = createClient({ url: url.replace(/^http/, "ws"), webSocketImpl: WebSocket, connectionParams: { Authorization: headers.authorization } });
});
after(async () => {
  await socket?.dispose();
  server?.stop();
});

async function send(query, variables) {
  const response = await fetch(url, { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify({ query, variables }) });
  return response.json();
}

/** The first value for which something holds, of a source that calls back. */
function first(subscribe, holds) {
  return new Promise((resolve, reject) => {
    const ending = setTimeout(() => reject(new Error("nothing arrived")), 10_000);
    subscribe((value) => {
      if (!holds(value)) return;
      clearTimeout(ending);
      resolve(value);
    }, reject);
  });
}

/** An open task of a new meeting. */
async function newTask(title) {
  const create = "mutation ($title: String!) { meetingCreate(input: { title: $title }) { meeting { id } } }";
  const { data: { meetingCreate: { meeting } } } = await send(create, { title });
  const add = "mutation ($id: ID!, $title: String!) { taskCreate(input: { meetingId: $id, title: $title }) { task { id } } }";
  const { data: { taskCreate: { task } } } = await send(add, { id: meeting.id, title });
  return { meeting: meeting.id, task: task.id };
}

const MEETINGS = `
  query Meetings($first: Int!, $after: String) {
    meetings(first: $first, after: $after, orderBy: [{ field: CREATED_AT, direction: DESC }]) {
      totalCount
      edges { cursor node { id title organizer { id username } analytics { id topics { topic share atMs } } } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`;
const TASK = "query Task($id: ID!) { task(id: $id) { id title status viewerCanReopen } }";
const COMPLETE = "mutation Complete($id: ID!) { taskComplete(input: { id: $id }) { task { id status viewerCanReopen } userErrors { code message path } } }";
const CHANGES = "subscription Changes($meeting: ID!) { taskChanged(meetingId: $meeting) { kind objectId task { id status } } }";

for (const [name, graphql] of Object.entries({ "graphql-js 16": graphql16, "graphql-js 17": graphql17 })) {
  test(`${name} introspects the server, which has the schema of the file`, async () => {
    const { data, errors } = await send(graphql.getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true, oneOf: true }));
    assert.equal(errors, undefined);
    const schema = graphql.buildClientSchema(data);
    const file = graphql.buildSchema(sdl);
    const added = graphql.findBreakingChanges(schema, file).concat(graphql.findBreakingChanges(file, schema));
    // Introspection shows no definitions of directives of the specification as the file has them.
    assert.deepEqual(added.filter(({ type }) => !/DIRECTIVE/.test(type)), []);
  });
}

test("Apollo Client pages, completes a task and is notified of it", async () => {
  const client = new ApolloClient({
    link: new HttpLink({ uri: url, headers }),
    cache: new InMemoryCache({ typePolicies: { Query: { fields: { meetings: relayStylePagination(["orderBy"]) } } } }),
  });
  const page = { query: apollo(MEETINGS), variables: { first: 5 } };
  const list = client.watchQuery(page);
  const watching = list.subscribe(() => {});
  const { data } = await client.query(page);
  await list.fetchMore({ variables: { after: data.meetings.pageInfo.endCursor } });
  const { meetings } = client.cache.readQuery(page);
  assert.equal(new Set(meetings.edges.map(({ node }) => node.id)).size, 10);
  watching.unsubscribe();

  const { meeting, task } = await newTask("For Apollo");
  await client.query({ query: apollo(TASK), variables: { id: task } });
  const listener = new ApolloClient({ link: new GraphQLWsLink(socket), cache: new InMemoryCache() });
  const event = first((next, error) => listener.subscribe({ query: apollo(CHANGES), variables: { meeting } }).subscribe({ next, error }), () => true);
  // The subscription has to be there before the change.
  await new Promise((resolve) => { setTimeout(resolve, 300); });
  const { data: result } = await client.mutate({ mutation: apollo(COMPLETE), variables: { id: task } });
  assert.deepEqual(result.taskComplete.userErrors, []);
  const cached = client.cache.readQuery({ query: apollo(TASK), variables: { id: task } });
  assert.deepEqual([cached.task.status, cached.task.viewerCanReopen, cached.task.title], ["COMPLETED", true, "For Apollo"]);
  const { data: { taskChanged } } = await event;
  assert.deepEqual([taskChanged.kind, taskChanged.objectId, taskChanged.task.status], ["UPDATED", task, "COMPLETED"]);
  client.stop();
  listener.stop();
});

test("urql with Graphcache, which knows the schema, does the same", async () => {
  const { data: schema } = await send(graphql16.getIntrospectionQuery());
  const warnings = [];
  const client = new Client({
    url,
    preferGetMethod: false,
    fetchOptions: { headers },
    exchanges: [
      cacheExchange({
        schema,
        logger: (_, message) => warnings.push(message),
        keys: { KeyTopic: () => null, TaskChange: () => null },
        resolvers: { Query: { meetings: relayPagination() } },
      }),
      subscriptionExchange({
        forwardSubscription: ({ query = "", variables }) => ({
          subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
        }),
      }),
      fetchExchange,
    ],
  });
  // Its pagination merges edges only, and misses other fields of later pages.
  const list = urql(MEETINGS.replace("totalCount", ""));
  const one = await client.query(list, { first: 5 }).toPromise();
  assert.equal(one.error, undefined);
  const both = await client.query(list, { first: 5, after: one.data.meetings.pageInfo.endCursor }).toPromise();
  assert.equal(both.data.meetings.edges.length, 10);

  const { meeting, task } = await newTask("For urql");
  await client.query(urql(TASK), { id: task }).toPromise();
  const event = first((next) => client.subscription(urql(CHANGES), { meeting }).subscribe(next), ({ data }) => data);
  await new Promise((resolve) => { setTimeout(resolve, 300); });
  const { data } = await client.mutation(urql(COMPLETE), { id: task }).toPromise();
  assert.deepEqual(data.taskComplete.userErrors, []);
  const cached = await client.query(urql(TASK), { id: task }, { requestPolicy: "cache-only" }).toPromise();
  assert.deepEqual([cached.data.task.status, cached.data.task.viewerCanReopen], ["COMPLETED", true]);
  assert.equal((await event).data.taskChanged.objectId, task);
  assert.deepEqual(warnings, []);
});

test("Relay reads a task again, from its store", async () => {
  mkdirSync("generated/relay-store", { recursive: true });
  execFileSync("node_modules/.bin/relay-compiler", ["relay-store.config.json"], { stdio: "ignore" });
  const { Environment, fetchQuery, Network, RecordSource, Store } = relay;
  const environment = new Environment({
    network: Network.create(({ text }, variables) => send(text, variables)),
    store: new Store(new RecordSource()),
  });
  const { default: query } = await import("./generated/relay-store/documentsTaskQuery.graphql.js");
  const { task } = await newTask("For Relay");
  const data = await fetchQuery(environment, query, { id: task }).toPromise();
  assert.deepEqual(data.node, { id: task, title: "For Relay", status: "TODO" });
});

test("gql.tada's documents run", async () => {
  const query = initGraphQLTada()("query ($id: ID!) { node(id: $id) { __typename ... on Task { title } } }");
  const { task } = await newTask("For gql.tada");
  const { data } = await send(graphql16.print(query), { id: task });
  assert.deepEqual(data.node, { __typename: "Task", title: "For gql.tada" });
});

test("genql's client runs", async () => {
  const output = "generated/genql-js";
  execFileSync("node_modules/.bin/genql", ["--schema", "../../schema.graphql", "--output", output, "--scalar", "DateTime:string"], { stdio: "ignore" });
  for (const file of readdirSync(output, { recursive: true }).filter((name) => name.endsWith(".ts"))) {
    const compilerOptions = { target: "ES2023", module: "commonjs", esModuleInterop: true };
    const { outputText } = typescript.transpileModule(readFileSync(`${output}/${file}`, "utf8"), { compilerOptions });
    writeFileSync(`${output}/${file.replace(/\.ts$/, ".js")}`, outputText);
  }
  writeFileSync(`${output}/package.json`, '{ "type": "commonjs" }');
  const { createClient: create } = await import("./generated/genql-js/index.js");
  const client = create({ url, headers });
  const { task } = await newTask("For genql");
  const { taskComplete } = await client.mutation({ taskComplete: { __args: { input: { id: task } }, task: { title: true, status: true }, userErrors: { message: true } } });
  assert.deepEqual(taskComplete, { task: { title: "For genql", status: "COMPLETED" }, userErrors: [] });
  const { meetings } = await client.query({ meetings: { __args: { first: 2 }, nodes: { title: true } } });
  assert.equal(meetings.nodes.length, 2);
});
