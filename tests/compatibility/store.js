// Relay's store, whose records have the value of the field `id` as their key, whatever their type.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { buildSchema, execute, parse } from "graphql";
import relay from "relay-runtime";

const { createOperationDescriptor, Environment, Network, RecordSource, Store } = relay;
const schema = buildSchema(readFileSync("../../schema.graphql", "utf8"));

/** Adds what a server would answer that has these values. */
function receive(environment, operation, rootValue) {
  const document = parse(operation.request.node.params.text);
  const { data, errors } = execute({ schema, document, rootValue, variableValues: operation.request.variables });
  assert.equal(errors, undefined);
  environment.commitPayload(operation, data);
}

async function operation(name, variables) {
  const { default: artifact } = await import(`./generated/relay-store/${name}.graphql.js`);
  return createOperationDescriptor(artifact, variables);
}

// So a field `id` must be the ID of its own object, and of no other one.
test("an event leaves the object in the store", async () => {
  mkdirSync("generated/relay-store", { recursive: true });
  execFileSync("node_modules/.bin/relay-compiler", ["relay-store.config.json"], { stdio: "ignore" });
  const environment = new Environment({ network: Network.create(() => assert.fail()), store: new Store(new RecordSource()) });
  const task = { __typename: "Task", id: "VGFzazox", title: "Call", status: "TODO" };
  const query = await operation("documentsTaskQuery", { id: task.id });
  environment.retain(query);
  receive(environment, query, { node: task });
  const completed = { ...task, status: "COMPLETED" };
  const event = { kind: "UPDATED", id: task.id, objectId: task.id, task: completed };
  receive(environment, await operation("documentsTaskSubscription", {}), { taskChanged: event });
  const { data, isMissingData } = environment.lookup(query.fragment);
  assert.deepEqual(data.node, { id: task.id, title: "Call", status: "COMPLETED" });
  assert.equal(isMissingData, false);
});
