// The parts of a page of the documentation.

import {
  astFromValue, type GraphQLArgument, type GraphQLEnumValue, type GraphQLField, type GraphQLInputField,
  type GraphQLType, isListType, isNonNullType, print, getNamedType,
} from "graphql";
import { openDocs } from "../state/docs";
import { Markdown } from "./markdown";

type AnyMember = GraphQLField<unknown, unknown> | GraphQLInputField | GraphQLArgument | GraphQLEnumValue;

export function TypeLink({ name }: { name: string }) {
  return <button type="button" class="link type" onClick={() => openDocs({ type: name })}>{name}</button>;
}

/** A type as it is written, with its name as a link. */
export function Type({ type }: { type: GraphQLType }) {
  if (isNonNullType(type)) return <><Type type={type.ofType as GraphQLType} />!</>;
  if (isListType(type)) return <>[<Type type={type.ofType as GraphQLType} />]</>;
  return <TypeLink name={getNamedType(type).name} />;
}

/** A field, an argument or a value, with everything that the schema says about it. */
export function Member({ member, current }: { member: AnyMember; current: boolean }) {
  const args = "args" in member ? member.args : [];
  const byDefault = "type" in member ? defaultOf(member) : null;
  return (
    <div class={current ? "member current" : "member"} id={`member-${member.name}`}>
      <div class="signature">
        <span class={member.deprecationReason ? "name old" : "name"}>{member.name}</span>
        {"type" in member && <>: <Type type={member.type} /></>}
        {byDefault !== null && <span class="default"> = {byDefault}</span>}
      </div>
      {member.deprecationReason && <p class="deprecated"><strong>Deprecated.</strong> {member.deprecationReason}</p>}
      <Markdown text={member.description ?? ""} />
      {args.length > 0 && (
        <details class="arguments" open={current || args.length < 3}>
          <summary>{args.length === 1 ? "1 argument" : `${args.length} arguments`}</summary>
          {args.map((argument) => <Argument key={argument.name} argument={argument} />)}
        </details>
      )}
    </div>
  );
}

function Argument({ argument }: { argument: GraphQLArgument }) {
  const byDefault = defaultOf(argument);
  return (
    <div class="argument">
      <div class="signature">
        <span class="argument-name">{argument.name}</span>: <Type type={argument.type} />
        {byDefault !== null && <span class="default"> = {byDefault}</span>}
      </div>
      {argument.deprecationReason && <p class="deprecated"><strong>Deprecated.</strong> {argument.deprecationReason}</p>}
      <Markdown text={argument.description ?? ""} />
    </div>
  );
}

/** The default value as it is written in the schema. */
function defaultOf(input: AnyMember): string | null {
  const node = input.astNode && "defaultValue" in input.astNode ? input.astNode.defaultValue : null;
  if (node) return print(node);
  if (!("defaultValue" in input) || input.defaultValue === undefined || !("type" in input)) return null;
  const value = astFromValue(input.defaultValue, input.type as Parameters<typeof astFromValue>[1]);
  return value ? print(value) : null;
}
