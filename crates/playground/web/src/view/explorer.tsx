// Builds an operation by clicking. The tree shows what the operation at the cursor selects.

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import {
  type FieldNode, getNamedType, type GraphQLField, isCompositeType, isInterfaceType, isObjectType,
  type OperationDefinitionNode, OperationTypeNode,
} from "graphql";
import { addArgument, addField, addOperation, type Edit, operationNodeAt, readOperations, removeArgument, removeField, rootType, selected } from "../schema/explore";
import { openDocs } from "../state/docs";
import { schema } from "../state/schema";
import { active } from "../state/tabs";
import { Icon } from "./icons";

type Node = OperationDefinitionNode | FieldNode;

const KINDS = [OperationTypeNode.QUERY, OperationTypeNode.MUTATION, OperationTypeNode.SUBSCRIPTION];

export function Explorer() {
  const chosen = useSignal<OperationTypeNode | null>(null);
  const filter = useSignal("");
  const { query } = active.value;
  const { text, cursor } = query.settled.value;
  const all = useMemo(() => readOperations(text), [text]);
  const at = all && operationNodeAt(all, cursor);
  const kind = chosen.value ?? at?.operation ?? OperationTypeNode.QUERY;
  const root = schema.value && rootType(schema.value, kind);
  if (!root) return <div class="panel-body"><p class="faint">Loading the schema…</p></div>;
  const operation = at?.operation === kind ? at : null;
  const wanted = filter.value.trim().toLowerCase();
  const fields = Object.values(root.getFields()).filter(({ name }) => name.toLowerCase().includes(wanted));
  return (
    <>
      <div class="search">
        <div class="segments" role="group" aria-label="Kind of operation">
          {KINDS.map((one) => (
            <button key={one} type="button" aria-pressed={one === kind} onClick={() => { chosen.value = one === at?.operation ? null : one; }}>{one}</button>
          ))}
        </div>
        <input type="search" placeholder="Filter fields" aria-label="Filter fields" value={filter.value} onInput={(event) => { filter.value = event.currentTarget.value; }} />
      </div>
      <div class="panel-body" id="explorer">
        {all === null && <p role="status">The document has a syntax error. It can be changed by clicking once that is fixed.</p>}
        {!operation && all !== null && <p class="faint">The first field starts a new {kind}.</p>}
        <ul class="tree">
          {fields.map((field) => (
            <Field key={field.name} field={field} path={operation ? [operation] : []} disabled={all === null}
              start={() => { chosen.value = null; apply((now) => addOperation(now, kind, field)); }} />
          ))}
        </ul>
      </div>
    </>
  );
}

interface FieldProps {
  field: GraphQLField<unknown, unknown>;
  /** The operation and the fields that lead here, as far as they are selected. */
  path: Node[];
  disabled: boolean;
  start: () => void;
}

function Field({ field, path, disabled, start }: FieldProps) {
  const parent = path.at(-1);
  const node = parent ? selected(parent.selectionSet, field.name) : null;
  const opened = useSignal<boolean | null>(null);
  const type = getNamedType(field.type);
  const inner = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
  const isOpen = opened.value ?? (node !== null && path.length < 4);
  const expands = inner.length > 0 || field.args.length > 0;
  const toggle = (): void => {
    if (!parent) start();
    else if (node) apply((text) => removeField(text, [...path, node]));
    else apply((text) => addField(text, parent, field));
    opened.value = null;
  };
  return (
    <li>
      <div class="branch">
        {expands ? (
          <button type="button" class={isOpen ? "quiet twist open" : "quiet twist"} aria-expanded={isOpen} aria-label={`Show what ${field.name} has`} disabled={!node} onClick={() => { opened.value = !isOpen; }}>
            <Icon name="chevron" />
          </button>
        ) : <span class="twist" />}
        <label class={field.deprecationReason ? "old" : ""}>
          <input type="checkbox" checked={node !== null} disabled={disabled} onChange={toggle} /> {field.name}
        </label>
        <button type="button" class="link type" tabIndex={-1} aria-label={`Documentation of ${type.name}`} onClick={() => openDocs({ type: type.name })}>{String(field.type)}</button>
      </div>
      {node && isOpen && (
        <ul>
          {field.args.map((argument) => {
            const given = node.arguments?.some(({ name }) => name.value === argument.name) ?? false;
            const change = (): void => {
              apply((text) => (given ? removeArgument(text, node, argument.name) : addArgument(text, node, argument)));
            };
            return (
              <li key={`${argument.name}:`}>
                <div class="branch argument-branch">
                  <span class="twist" />
                  <label><input type="checkbox" checked={given} onChange={change} /> {argument.name}:</label>
                  <span class="faint">{String(argument.type)}</span>
                </div>
              </li>
            );
          })}
          {isCompositeType(type) && inner.map((one) => <Field key={one.name} field={one} path={[...path, node]} disabled={disabled} start={start} />)}
        </ul>
      )}
    </li>
  );
}

/** Edits the document, unless somebody has typed in it since the tree was made of it. */
function apply(edit: (text: string) => Edit): void {
  const { query } = active.value;
  if (query.text.value !== query.settled.value.text) return;
  const { text, cursor } = edit(query.text.value);
  query.replace(text, Math.min(cursor, text.length));
  query.settle();
}
