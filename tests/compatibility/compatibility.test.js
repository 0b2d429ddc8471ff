// The generators and clients that people use understand schema.graphql, and the server understands
// the manifests that they write. The binary is MINA_BIN.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { before, test } from "node:test";
import { promisify } from "node:util";
import * as graphql16 from "graphql";
import * as graphql17 from "graphql17";
import { serve } from "./server.js";

const sdl = readFileSync("../../schema.graphql", "utf8");
const read = (name) => JSON.parse(readFileSync(`generated/${name}`, "utf8"));

/** Runs a tool of node_modules, whose output is shown if it fails. */
async function run(tool, ...flags) {
  try {
    await promisify(execFile)(`node_modules/.bin/${tool}`, flags);
  } catch (error) {
    assert.fail(`${tool} failed:\n${error.stdout}\n${error.stderr}`);
  }
}

before(() => {
  rmSync("generated", { recursive: true, force: true });
  // Relay writes only to a directory and to a manifest that exist.
  mkdirSync("generated/relay", { recursive: true });
  writeFileSync("generated/relay-documents.json", "{}");
});

/** What differs, apart from the directives of the specification, of which graphql-js has its own definitions. */
function differences(graphql, schema, other) {
  const found = [...graphql.findBreakingChanges(schema, other), ...graphql.findBreakingChanges(other, schema)];
  const specified = new RegExp(`\\b(${graphql.specifiedDirectives.map(({ name }) => name).join("|")})\\b`);
  return found.filter(({ type, description }) => !(/^(ARG|DIRECTIVE)_/.test(type) && specified.test(description)));
}

for (const [name, graphql] of Object.entries({ "graphql-js 16": graphql16, "graphql-js 17": graphql17 })) {
  test(`${name} reads the schema, prints it and introspects it`, () => {
    const schema = graphql.buildSchema(sdl);
    assert.deepEqual(graphql.validateSchema(schema), []);
    assert.deepEqual(differences(graphql, schema, graphql.buildSchema(graphql.printSchema(schema))), []);
    const introspected = graphql.buildClientSchema(graphql.introspectionFromSchema(schema));
    assert.deepEqual(differences(graphql, schema, introspected), []);
  });
}

test("Relay compiles lists that grow, fragments that are read again, mutations and subscriptions", async () => {
  await run("relay-compiler", "relay.config.json");
  assert.equal(Object.keys(read("relay-documents.json")).length, 8);
});

test("gql.tada reads the schema", () => run("gql.tada", "generate", "output", "-c", "gql-tada/tsconfig.json"));

test("genql makes a client", () =>
  run("genql", "--schema", "../../schema.graphql", "--output", "generated/genql", "--scalar", "DateTime:string"));

test("graphql-codegen makes types for Apollo Client", async () => {
  await run("graphql-codegen", "--config", "apollo/codegen.ts");
  assert.match(Object.keys(read("apollo/persisted-documents.json"))[0], /^sha256:/);
});

test("Apollo makes a manifest", async () => {
  await run("generate-persisted-query-manifest", "--config", "apollo/manifest.json");
  assert.equal(read("apollo-manifest.json").operations.length, 3);
});

// They use what the tools have made.
test("all documents have the right types", () => run("tsc"));

for (const [name, file] of Object.entries({
  "graphql-codegen": "apollo/persisted-documents.json",
  Relay: "relay-documents.json",
  Apollo: "apollo-manifest.json",
})) {
  test(`the server accepts the manifest of ${name}, and nothing else`, async (context) => {
    const { address, stop } = await serve("--documents", "trusted", "--trusted-documents", `generated/${file}`);
    context.after(stop);
    const send = async (body) => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${address}/graphql`, { method: "POST", headers, body: JSON.stringify(body) });
      return response.json();
    };
    const manifest = read(file);
    const documents = manifest.operations?.map(({ id, body }) => [id, body]) ?? Object.entries(manifest);
    assert.ok(documents.length > 0);
    for (const [documentId, text] of documents) {
      // Nobody is signed in, and variables are missing: all that matters is that the document is known.
      const codes = (await send({ documentId })).errors?.map(({ extensions }) => extensions.code) ?? [];
      assert.ok(!codes.includes("UNTRUSTED_DOCUMENT") && !codes.includes("PERSISTED_QUERY_NOT_FOUND"), text);
    }
    assert.equal((await send({ query: "{ __typename }" })).errors[0].extensions.code, "UNTRUSTED_DOCUMENT");
  });
}

await import("./store.js");
await import("./running.js");
