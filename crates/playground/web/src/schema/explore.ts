// Adds and removes fields and arguments of a document, as small edits of its text: comments and the
// rest of the formatting stay.

import {
  type FieldNode, getNamedType, type GraphQLArgument, type GraphQLField, type GraphQLInputType, type GraphQLSchema,
  isCompositeType, isEnumType, isInputObjectType, isListType, isNonNullType, isObjectType, isRequiredArgument,
  isInterfaceType, Kind, type OperationDefinitionNode, OperationTypeNode, parse, type SelectionSetNode, getNullableType,
} from "graphql";

export interface Edit {
  text: string;
  cursor: number;
}

/** Reads a document. Null if its syntax is wrong; an empty one has no operations. */
export function readOperations(text: string): OperationDefinitionNode[] | null {
  if (!text.replace(/#.*/g, "").trim()) return [];
  try {
    return parse(text).definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  } catch {
    return null;
  }
}

/** The operation at a position, among those of a document. */
export function operationNodeAt(all: OperationDefinitionNode[], position: number): OperationDefinitionNode | null {
  return all.findLast(({ loc }) => (loc?.start ?? 0) <= position) ?? all[0] ?? null;
}

/** The field of this name in a selection set, outside of fragments. */
export function selected(set: SelectionSetNode | undefined, name: string): FieldNode | null {
  const found = set?.selections.find((one) => one.kind === Kind.FIELD && one.name.value === name);
  return found?.kind === Kind.FIELD ? found : null;
}

/** Adds an operation at the end of a document. */
export function addOperation(text: string, kind: OperationTypeNode, field: GraphQLField<unknown, unknown>): Edit {
  const before = text.trimEnd();
  const gap = before ? "\n\n" : "";
  const head = kind === OperationTypeNode.QUERY && !before ? "" : `${kind} ${operationName(field.name)} `;
  const operation = `${head}{\n  ${written(field, "  ")}\n}`;
  const result = `${before}${gap}${operation}\n`;
  return { text: result, cursor: result.length - 3 };
}

function operationName(field: string): string {
  return field.charAt(0).toUpperCase() + field.slice(1);
}

/** Adds a field at the end of a selection set, or one with the set itself to a field without. */
export function addField(text: string, parent: OperationDefinitionNode | FieldNode, field: GraphQLField<unknown, unknown>): Edit {
  const indent = indentAt(text, parent.loc?.start ?? 0);
  const inner = `${indent}  `;
  const added = written(field, inner);
  const set = parent.selectionSet;
  if (!set?.loc) {
    const end = parent.loc?.end ?? text.length;
    const insert = ` {\n${inner}${added}\n${indent}}`;
    return { text: text.slice(0, end) + insert + text.slice(end), cursor: end + insert.length - indent.length - 2 };
  }
  const close = set.loc.end - 1;
  const start = text.slice(0, close).trimEnd().length;
  const insert = `\n${inner}${added}\n${indent}`;
  return { text: text.slice(0, start) + insert + text.slice(close), cursor: start + insert.length - indent.length - 1 };
}

/** Removes a field, and with the last one of a set also what the set belongs to. */
export function removeField(text: string, path: (OperationDefinitionNode | FieldNode)[]): Edit {
  const target = path.findLast((_, index) => {
    const parent = path[index - 1];
    return !parent || (parent.selectionSet?.selections.length ?? 0) > 1;
  });
  return cut(text, target?.loc?.start ?? 0, target?.loc?.end ?? 0);
}

/** Adds an argument to a field. */
export function addArgument(text: string, field: FieldNode, argument: GraphQLArgument): Edit {
  const added = `${argument.name}: ${placeholder(argument.type)}`;
  const last = field.arguments?.at(-1);
  const at = last?.loc?.end ?? field.name.loc?.end ?? 0;
  const insert = last ? `, ${added}` : `(${added})`;
  return { text: text.slice(0, at) + insert + text.slice(at), cursor: at + insert.length - 1 };
}

/** Removes an argument of a field, and with the last one the parentheses. */
export function removeArgument(text: string, field: FieldNode, argument: string): Edit {
  const all = field.arguments ?? [];
  const index = all.findIndex((one) => one.name.value === argument);
  const found = all[index];
  if (!found?.loc) return { text, cursor: 0 };
  if (all.length === 1) {
    const start = field.name.loc?.end ?? found.loc.start;
    const end = text.indexOf(")", found.loc.end) + 1;
    return { text: text.slice(0, start) + text.slice(end), cursor: start };
  }
  const next = all[index + 1]?.loc;
  const previous = all[index - 1]?.loc;
  const start = next ? found.loc.start : (previous?.end ?? found.loc.start);
  const end = next ? next.start : found.loc.end;
  return { text: text.slice(0, start) + text.slice(end), cursor: start };
}

/** Cuts a part out, with its line if it stands alone there. */
function cut(text: string, from: number, to: number): Edit {
  const before = text.slice(0, from).replace(/[ \t,]+$/, "");
  const after = text.slice(to).replace(/^[ \t,]+/, "");
  const alone = before.endsWith("\n") || before === "";
  const start = alone && after.startsWith("\n") ? before.replace(/\n$/, "") : before;
  const joined = start === before && !/[\s{]$/.test(before) && !/^[\s}]/.test(after) ? `${start} ${after}` : start + after;
  return { text: joined.trim() ? joined : "", cursor: start.length };
}

/** A field with its required arguments and a first selection. */
function written(field: GraphQLField<unknown, unknown>, indent: string): string {
  const required = field.args.filter(isRequiredArgument).map((one) => `${one.name}: ${placeholder(one.type)}`);
  const args = required.length > 0 ? `(${required.join(", ")})` : "";
  const type = getNamedType(field.type);
  if (!isCompositeType(type)) return field.name + args;
  const inner = `${indent}  `;
  return `${field.name}${args} {\n${inner}${firstSelection(type, inner)}\n${indent}}`;
}

/** Something that can always be selected: the id, or the nodes of a connection. */
function firstSelection(type: ReturnType<typeof getNamedType>, indent: string): string {
  if (!isObjectType(type) && !isInterfaceType(type)) return "__typename";
  const fields = type.getFields();
  if (fields.nodes) {
    const node = getNamedType(fields.nodes.type);
    return `nodes {\n${indent}  ${firstSelection(node, `${indent}  `)}\n${indent}}`;
  }
  if (fields.id) return "id";
  if (fields.userErrors) return `userErrors {\n${indent}  code\n${indent}  message\n${indent}}`;
  const leaf = Object.values(fields).find((one) => !isCompositeType(getNamedType(one.type)) && !one.args.some(isRequiredArgument));
  return leaf?.name ?? "__typename";
}

/** A value of a type, to be replaced. */
function placeholder(type: GraphQLInputType): string {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return `[${placeholder(nullable.ofType as GraphQLInputType)}]`;
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name ?? "null";
  if (isInputObjectType(nullable)) {
    const required = Object.values(nullable.getFields()).filter((one) => isNonNullType(one.type) && one.defaultValue === undefined && !("default" in one && one.default));
    return required.length > 0 ? `{ ${required.map((one) => `${one.name}: ${placeholder(one.type)}`).join(", ")} }` : "{}";
  }
  const values: Record<string, string> = { Int: "10", Float: "0.5", Boolean: "true" };
  return ("name" in nullable && values[nullable.name]) || '""';
}

function indentAt(text: string, position: number): string {
  const line = text.slice(text.lastIndexOf("\n", position - 1) + 1);
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

/** The root type of an operation. */
export function rootType(schema: GraphQLSchema, kind: OperationTypeNode) {
  return schema.getRootType(kind) ?? null;
}
