// What of a schema breaks clients of another one, and which one that is.
import { execFileSync } from "node:child_process";
import { buildSchema, findBreakingChanges, specifiedDirectives } from "graphql";

/** Clients have the directives of the specification from their library, whatever the schema says of them. */
const SPECIFIED = new RegExp(`\\b(${specifiedDirectives.map(({ name }) => name).join("|")})\\b`);

/** Each change that breaks clients, in a sentence. */
export function breakingChanges(before, after) {
  const [from, to] = [before, after].map((sdl) => buildSchema(sdl));
  return findBreakingChanges(from, to)
    .filter(({ type, description }) => !(type.startsWith("DIRECTIVE_") && SPECIFIED.test(description)))
    .map(({ description }) => description);
}

function git(...words) {
  try {
    return execFileSync("git", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}

/**
 * The schema that clients have: `revision` if there is one, else the last release; before the first
 * release that of the main branch, and on the main branch itself the one before the last change.
 * Null if the history does not reach so far, as in a shallow clone.
 */
export function publishedSchema(revision) {
  for (const candidate of revision ? [revision] : candidates()) {
    const sdl = candidate && git("show", `${candidate}:schema.graphql`);
    if (sdl) return { revision: candidate, sdl };
  }
  if (revision) throw new Error(`${revision} has no schema.graphql`);
  return null;
}

function* candidates() {
  yield git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*");
  const head = git("rev-parse", "HEAD");
  for (const main of ["origin/main", "main"]) {
    const base = git("merge-base", "HEAD", main);
    if (base !== head) yield base;
  }
  // A change that is not committed is compared with the last commit.
  if (git("status", "--porcelain", ":/schema.graphql")) yield head;
  const [, before] = git("log", "--first-parent", "-2", "--format=%H", "--", ":/schema.graphql").split("\n");
  yield before;
}
