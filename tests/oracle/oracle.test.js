// Compares Mina's verdicts on documents, and its coerced values of variables, with graphql-js: for
// the documents of documents.js, and for random ones.
//
// MINA_ORACLE_SEED is the seed of the first random document, MINA_ORACLE_COUNT is their number. The
// document of seed n is always the same: `MINA_ORACLE_SEED=n MINA_ORACLE_COUNT=1 npm test` repeats
// it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { documents } from "./documents.js";
import { names } from "./reasons.js";
import { difference, generate, judge } from "./verdicts.js";

// How many documents one run of the binary judges, and how many differences are shown.
const BATCH = 1000;
const SHOWN = 20;

// What is wrong with the whole document.
const NOWHERE = /^This request costs too much|nested too deeply/;

const seed = Number(process.env.MINA_ORACLE_SEED ?? 1);
const count = Number(process.env.MINA_ORACLE_COUNT ?? 5000);

test("documents that are written down", async (t) => {
  const used = new Set();
  for (const [rule, cases] of Object.entries(documents)) {
    await t.test(rule, () => {
      const failures = [];
      const verdicts = judge(cases);
      assert.equal(verdicts.length, cases.length);
      verdicts.forEach((mina, index) => {
        const { document, variables, valid, coerced } = cases[index];
        const messages = [...mina.errors, ...mina.operations.flatMap((it) => it.errors)];
        const isValid = (variables === undefined ? mina.errors : messages).length === 0;
        if (isValid !== valid) failures.push(`${JSON.stringify(document)} is ${valid ? "valid" : "invalid"}. Mina: ${JSON.stringify(messages)}`);
        if (coerced !== undefined) assert.deepEqual(mina.operations[0]?.coerced, coerced, document);
        for (const { message, locations } of messages) {
          // Sentences in plain words, without the names of tokens in the parser's code.
          if (!/^[A-Z`].*[^.][.?]$/s.test(message) || /^Syntax error: .*([A-Z]_[A-Z]|EOF)/.test(message)) failures.push(`${JSON.stringify(document)}: odd message ${message}`);
          if (locations.length === 0 && !NOWHERE.test(message)) failures.push(`${JSON.stringify(document)}: no place: ${message}`);
          const lines = document.split(/\r\n|[\r\n]/);
          for (const { line, column } of locations) {
            if (line < 1 || column < 1 || column > (lines[line - 1]?.length ?? 0) + 1) {
              failures.push(`${JSON.stringify(document)}: no such place ${line}:${column}: ${message}`);
            }
          }
        }
        const found = difference(mina, used);
        if (found) failures.push(found);
      });
      assert.deepEqual(failures, [], `\n${failures.join("\n")}`);
    });
  }
  await t.test("every reason for a difference is needed", () => {
    assert.deepEqual(names.filter((it) => !used.has(it)), []);
  });
});

test(`${count} random documents from seed ${seed} on`, (t) => {
  const failures = [];
  let judged = 0;
  let valid = 0;
  let failed = 0;
  for (let first = 0; first < count; first += BATCH) {
    for (const mina of generate(seed + first, Math.min(BATCH, count - first))) {
      judged += 1;
      if (mina.errors.length === 0) valid += 1;
      const found = difference(mina);
      if (!found) continue;
      failed += 1;
      if (failures.length < SHOWN) failures.push(found);
    }
  }
  t.diagnostic(`${valid} of ${count} documents are valid`);
  assert.equal(judged, count);
  assert.ok(count < 100 || valid > count / 5, "too few documents are valid");
  assert.equal(failed, 0, `${failed} of ${count} differ\n${failures.join("\n\n")}\nRepeat one with MINA_ORACLE_SEED=<its seed> MINA_ORACLE_COUNT=1`);
});
