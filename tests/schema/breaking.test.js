// Whatever breaks clients is intended, has a reason in breaking-changes.json, and is in the changelog.
// MINA_SCHEMA_BASE names another commit to compare with.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { breakingChanges, publishedSchema } from "./breaking.js";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const intended = JSON.parse(read("breaking-changes.json"));

test("whatever breaks clients is intended", (context) => {
  const base = publishedSchema(process.env.MINA_SCHEMA_BASE);
  if (!base) return context.skip("the history has no earlier schema: fetch all of it (git fetch --unshallow --tags)");
  context.diagnostic(`compared with ${base.revision}`);
  const expected = new Set(intended.flatMap(({ changes }) => changes));
  const unexpected = breakingChanges(base.sdl, read("../../schema.graphql")).filter((change) => !expected.has(change));
  assert.deepEqual(unexpected, [], "add it to tests/schema/breaking-changes.json and to CHANGELOG.md, or do not break clients");
});

test("what is intended has a reason, and is in the changelog", () => {
  const changelog = read("../../CHANGELOG.md");
  for (const { changes, reason, changelog: words } of intended) {
    assert.ok(changes.length > 0 && reason, JSON.stringify(changes));
    assert.ok(changelog.includes(words), `CHANGELOG.md does not say: ${words}`);
  }
});

test("changes that break clients are named, and others are not", () => {
  const before = `
    directive @large on FIELD_DEFINITION
    type Query { task(id: ID!): Task, title: String! }
    type Task { id: ID!, title: String!, status: Status! }
    enum Status { TODO, DONE }
    input TaskInput { title: String! }
  `;
  const after = `
    directive @large(items: Int) on FIELD_DEFINITION
    type Query { task(id: ID!, by: ID!): Task, title: String }
    type Task { id: ID!, name: String!, status: Status! }
    enum Status { TODO, COMPLETED }
    input TaskInput { title: String!, due: String! }
  `;
  assert.deepEqual(breakingChanges(before, before), []);
  assert.deepEqual(breakingChanges(before, after).toSorted(), [
    "A required arg by on Query.task was added.",
    "A required field due on input type TaskInput was added.",
    "DONE was removed from enum type Status.",
    "Query.title changed type from String! to String.",
    "Task.title was removed.",
  ]);
});
