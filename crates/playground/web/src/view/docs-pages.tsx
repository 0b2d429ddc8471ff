// The pages of the documentation: the start, a type, and a directive.

import {
  type GraphQLDirective, type GraphQLNamedType, type GraphQLSchema, isEnumType, isInputObjectType,
  isInterfaceType, isObjectType, isScalarType, isUnionType,
} from "graphql";
import { Member, TypeLink } from "./docs-parts";
import { Markdown, Summary } from "./markdown";

export function Start({ schema }: { schema: GraphQLSchema }) {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter((type) => type != null);
  const types = Object.values(schema.getTypeMap())
    .filter((type) => !type.name.startsWith("__") && !roots.some((root) => root === type))
    .toSorted((a, b) => a.name.localeCompare(b.name));
  const isHelper = ({ name }: GraphQLNamedType) => /(?:Connection|Edge|Payload)$/.test(name);
  const objects = types.filter((type) => isObjectType(type) || isInterfaceType(type) || isUnionType(type));
  return (
    <>
      <h2>Schema</h2>
      <Group title="Operations" types={roots} />
      <Group title="Types" types={objects.filter((type) => !isHelper(type))} />
      <Group title="Enums" types={types.filter(isEnumType)} folded />
      <Group title="Inputs" types={types.filter(isInputObjectType)} folded />
      <Group title="Connections and payloads" types={objects.filter(isHelper)} folded />
      <Group title="Scalars" types={types.filter(isScalarType)} folded />
      <details>
        <summary>Directives</summary>
        <ul class="names">
          {schema.getDirectives().map(({ name, description }) => (
            <li key={name}><TypeLink name={`@${name}`} /> <Summary text={description} /></li>
          ))}
        </ul>
      </details>
    </>
  );
}

function Group({ title, types, folded = false }: { title: string; types: readonly GraphQLNamedType[]; folded?: boolean }) {
  return (
    <details open={!folded}>
      <summary>{title} <span class="count">{types.length}</span></summary>
      <ul class="names">
        {types.map(({ name, description }) => (
          <li key={name}><TypeLink name={name} /> <Summary text={description} /></li>
        ))}
      </ul>
    </details>
  );
}

const KINDS: [(type: GraphQLNamedType) => boolean, string][] = [
  [isObjectType, "type"],
  [isInterfaceType, "interface"],
  [isUnionType, "union"],
  [isEnumType, "enum"],
  [isInputObjectType, "input"],
  [isScalarType, "scalar"],
];

export function TypePage({ schema, type, member }: { schema: GraphQLSchema; type: GraphQLNamedType; member: string | undefined }) {
  const kind = KINDS.find(([is]) => is(type))?.[1];
  return (
    <>
      <h2><span class="kind">{kind}</span> {type.name}</h2>
      <Markdown text={type.description ?? ""} />
      {isScalarType(type) && type.specifiedByURL && <p class="faint">Specified by {type.specifiedByURL}</p>}
      {isInputObjectType(type) && type.isOneOf && <p class="faint">Exactly one of these fields must be given.</p>}
      {(isObjectType(type) || isInterfaceType(type)) && type.getInterfaces().length > 0 && (
        <p class="faint">Implements {type.getInterfaces().map(({ name }) => <TypeLink key={name} name={name} />)}</p>
      )}
      {(isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) && (
        <section aria-label="Fields">
          <h3>Fields</h3>
          {Object.values(type.getFields()).map((field) => <Member key={field.name} member={field} current={field.name === member} />)}
        </section>
      )}
      {isEnumType(type) && (
        <section aria-label="Values">
          <h3>Values</h3>
          {type.getValues().map((value) => <Member key={value.name} member={value} current={value.name === member} />)}
        </section>
      )}
      {(isInterfaceType(type) || isUnionType(type)) && (
        <section aria-label="Possible types">
          <h3>Possible types</h3>
          <ul class="names">
            {schema.getPossibleTypes(type).map(({ name, description }) => (
              <li key={name}><TypeLink name={name} /> <Summary text={description} /></li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

export function DirectivePage({ directive }: { directive: GraphQLDirective }) {
  return (
    <>
      <h2><span class="kind">directive</span> @{directive.name}</h2>
      <Markdown text={directive.description ?? ""} />
      <p class="faint">Where: {directive.locations.map((one) => one.toLowerCase().replaceAll("_", " ")).join(", ")}</p>
      {directive.args.length > 0 && <h3>Arguments</h3>}
      {directive.args.map((argument) => <Member key={argument.name} member={argument} current={false} />)}
    </>
  );
}
