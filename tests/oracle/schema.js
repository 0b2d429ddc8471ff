// The schema of this server for graphql-js, with the custom scalars as their descriptions say.
import { readFileSync } from "node:fs";
import { buildSchema, GraphQLError, Kind, valueFromASTUntyped } from "graphql";

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|([+-])(\d{2}):(\d{2}))$/;
const UUID = /^(urn:uuid:|\{)?[0-9a-f]{8}(-?)[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{12}\}?$/i;

function isDate(text) {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year === undefined || year === "0000") return false;
  // The year 2000 stands for all leap years, because `Date.UTC` changes the years below 100.
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const date = new Date(Date.UTC(isLeap ? 2000 : 2001, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === Number(day);
}

function isDateTime(text) {
  const [, date, hour, minute, second, , zone, , zoneHour, zoneMinute] = DATE_TIME.exec(text) ?? [];
  if (date === undefined || !isDate(date) || hour > 23 || minute > 59 || second > 60) return false;
  if (zoneHour > 23 || zoneMinute > 59) return false;
  // JavaScript has no leap seconds.
  const year = new Date(text.toUpperCase().replace(":60", ":59")).getUTCFullYear();
  return zone !== undefined && year >= 1 && year <= 9999;
}

// A scalar whose values are strings with this property.
function strings(type, isValid) {
  type.coerceInputValue = (value) => {
    if (typeof value !== "string" || !isValid(value)) throw new GraphQLError(`${type.name} cannot represent ${value}`);
    return value;
  };
  type.coerceInputLiteral = (node) => {
    if (node.kind !== Kind.STRING) throw new GraphQLError(`${type.name} cannot represent a non-string`);
    return type.coerceInputValue(node.value);
  };
}

// JSON has neither infinity nor NaN.
function isFinite(value) {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "object" || value === null || Object.values(value).every(isFinite);
}

const sdl = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

export const schema = buildSchema(sdl);

strings(schema.getType("Date"), isDate);
strings(schema.getType("DateTime"), isDateTime);
strings(schema.getType("UUID"), (text) => UUID.test(text));
const json = schema.getType("JSON");
json.coerceInputValue = (value) => value;
json.coerceInputLiteral = (node) => {
  const value = valueFromASTUntyped(node);
  if (!isFinite(value)) throw new GraphQLError("JSON cannot represent this number");
  return value;
};
