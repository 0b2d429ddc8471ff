// The verdicts of Mina and of graphql-js on documents and on the values of their variables.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { getVariableValues, Kind, parse, validate } from "graphql";
import { isDifferenceAllowed } from "./reasons.js";
import { schema } from "./schema.js";

// The example that prints the verdicts of Mina.
const binary = resolve(process.env.MINA_VERDICTS ?? "../../target/debug/examples/verdicts");

function run(args, input) {
  const { error, status, stdout, stderr } = spawnSync(binary, args, { input, maxBuffer: 1 << 30, encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`${binary} failed: ${stderr}`);
  return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
}

// Mina's verdicts on documents: a list of `{ document, variables }`.
export function judge(documents) {
  const lines = documents.map((it) => JSON.stringify({ variables: {}, ...it }));
  return run([], lines.join("\n"));
}

// Random documents from a seed on, with Mina's verdicts.
export function generate(seed, count) {
  return run([String(seed), String(count)]);
}

// The verdict of graphql-js, in the same form.
export function judgeByGraphQLJS({ document, variables }) {
  let parsed;
  try {
    // The September 2025 edition does not allow empty selection sets, which graphql-js reads by default.
    parsed = parse(document, { allowEmptySelectionSets: false });
  } catch (error) {
    return { errors: [error.message], operations: [] };
  }
  const errors = validate(schema, parsed).map((it) => it.message);
  if (errors.length > 0) return { parsed, errors, operations: [] };
  const operations = parsed.definitions.filter((it) => it.kind === Kind.OPERATION_DEFINITION);
  return {
    parsed,
    errors,
    operations: operations.map((operation) => {
      const result = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {});
      return {
        name: operation.name?.value ?? null,
        errors: (result.errors ?? []).map((it) => it.message),
        coerced: result.variableValues?.coerced ?? null,
      };
    }),
  };
}

// What differs between the verdicts on a document, as text; `undefined` if nothing does, or if
// there is a reason for the difference.
export function difference(mina, used = new Set()) {
  const other = judgeByGraphQLJS(mina);
  const found = firstDifference(mina, other);
  if (found === undefined || isDifferenceAllowed(found, mina, other, used)) return undefined;
  return [
    `${found.what}${mina.seed === null ? "" : ` (seed ${mina.seed})`}`,
    `  document:   ${JSON.stringify(mina.document)}`,
    `  variables:  ${JSON.stringify(mina.variables)}`,
    `  Mina:       ${found.mina}`,
    `  graphql-js: ${found.other}`,
  ].join("\n");
}

function firstDifference(mina, other) {
  const messages = mina.errors.map((it) => it.message);
  if (messages.length > 0 !== other.errors.length > 0) {
    return { what: "The document", isMinaStricter: messages.length > 0, mina: verdict(messages), other: verdict(other.errors) };
  }
  const names = (operations) => JSON.stringify(operations.map((it) => it.name).sort());
  if (names(mina.operations) !== names(other.operations)) {
    return { what: "The operations", mina: names(mina.operations), other: names(other.operations) };
  }
  for (const ours of mina.operations) {
    const theirs = other.operations.find((it) => it.name === ours.name);
    const messages = ours.errors.map((it) => it.message);
    const what = `The values of the variables of operation ${ours.name}`;
    if (messages.length > 0 !== theirs.errors.length > 0) {
      return { what, isMinaStricter: messages.length > 0, mina: verdict(messages), other: verdict(theirs.errors) };
    }
    const [left, right] = [canonical(ours.coerced), canonical(theirs.coerced)];
    if (left !== right) return { what, mina: left, other: right };
  }
  return undefined;
}

function verdict(messages) {
  return messages.length === 0 ? "valid" : `invalid: ${messages.join(" ")}`;
}

// JSON with sorted keys.
function canonical(value) {
  return JSON.stringify(value, (_, it) =>
    it !== null && typeof it === "object" && !Array.isArray(it)
      ? Object.fromEntries(Object.keys(it).sort().map((key) => [key, it[key]]))
      : it,
  );
}
