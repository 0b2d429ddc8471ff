// Finds types, fields, arguments and values by their names and descriptions, the best first.

import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from "graphql";
import type { Topic } from "../state/docs";

export interface Hit {
  label: string;
  detail: string;
  topic: Topic;
}

interface Entry extends Hit {
  name: string;
  /** The name as words, in lower case: "meeting created at". */
  words: string;
  description: string;
  /** Among equals, root fields come first and arguments last. */
  bonus: number;
}

const MAX_HITS = 80;
const indexes = new WeakMap<GraphQLSchema, Entry[]>();

/** What matches all words of a query. */
export function find(schema: GraphQLSchema, query: string): Hit[] {
  const wanted = query.toLowerCase().split(/[\s.:()]+/).filter(Boolean);
  if (wanted.length === 0) return [];
  let index = indexes.get(schema);
  if (!index) indexes.set(schema, (index = entries(schema)));
  return index
    .map((entry) => ({ entry, points: score(entry, wanted) }))
    .filter(({ points }) => points > 0)
    .toSorted((a, b) => b.points - a.points || a.entry.label.length - b.entry.label.length || (a.entry.label < b.entry.label ? -1 : 1))
    .slice(0, MAX_HITS)
    .map(({ entry }) => entry);
}

/** How well an entry matches: by its name, by what it belongs to, or by its description. */
function score(entry: Entry, wanted: string[]): number {
  let total = entry.bonus;
  for (const word of wanted) {
    const name = entry.name.toLowerCase();
    if (name === word) total += 100;
    else if (name.startsWith(word)) total += 60;
    else if (entry.words.includes(` ${word}`)) total += 40;
    else if (name.includes(word)) total += 25;
    else if (entry.label.toLowerCase().includes(word)) total += 10;
    else if (entry.description.includes(word)) total += 3;
    else return 0;
  }
  return total;
}

function entries(schema: GraphQLSchema): Entry[] {
  const all: Entry[] = [];
  const add = (name: string, label: string, description: string | null | undefined, topic: Topic, bonus: number): void => {
    const words = ` ${name.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll("_", " ").toLowerCase()}`;
    const text = description ?? "";
    all.push({ name, label, detail: text, topic, words, description: text.toLowerCase(), bonus });
  };
  const roots = new Set([schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]);
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__")) continue;
    add(type.name, type.name, type.description, { type: type.name }, 8);
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        const topic = { type: type.name, member: field.name };
        const label = `${type.name}.${field.name}`;
        add(field.name, label, field.description, topic, roots.has(type as never) ? 6 : 4);
        for (const one of field.args) add(one.name, `${label}(${one.name}:)`, one.description, topic, 0);
      }
    } else if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        add(field.name, `${type.name}.${field.name}`, field.description, { type: type.name, member: field.name }, 2);
      }
    } else if (isEnumType(type)) {
      for (const value of type.getValues()) {
        add(value.name, `${type.name}.${value.name}`, value.description, { type: type.name, member: value.name }, 2);
      }
    }
  }
  for (const directive of schema.getDirectives()) {
    add(directive.name, `@${directive.name}`, directive.description, { type: `@${directive.name}` }, 2);
  }
  return all;
}
