// The intended differences between Mina and graphql-js, each with its reason.

const firstMessage = (mina) => [...mina.errors, ...mina.operations.flatMap((it) => it.errors)][0];
const says = (pattern) => (mina) => pattern.test(firstMessage(mina)?.message);

// Why Mina rejects what graphql-js takes.
const STRICTER = [
  {
    name: "cost",
    why: "Mina limits the size and the cost of documents.",
    applies: (mina) => firstMessage(mina)?.code === "COST_LIMIT_EXCEEDED",
  },
  {
    name: "nesting",
    why: "Mina limits the nesting of brackets and of objects, and the number of conditions in a filter.",
    applies: says(/nested too deeply|more than \d+ conditions/),
  },
  {
    name: "ids",
    why: "Mina decodes the IDs of a mutation before the first field is executed.",
    applies: says(/is not an ID\. IDs are opaque|is an ID of type \w+; an ID of type/),
  },
  {
    name: "nulls",
    why: "graphql-js reports a variable that is null at a non-null position when the field is executed.",
    applies: says(/is null, but is used where a value of type/),
  },
  {
    name: "large-ids",
    why: "Integers of any size are IDs for graphql-js. Mina has none of this size, and rejects them early.",
    applies: says(/ is the number (-?\d{19,}|\S+e\+?\d+)\. It must be of type `ID!?`/),
  },
  {
    name: "large-numbers",
    why: "graphql-js takes numbers that are too large for a floating-point number as infinity, which JSON does not have.",
    applies: says(/^The number \S+ is too large/),
  },
];

// Why Mina takes what graphql-js rejects.
const LAXER = [
  {
    name: "leading-zeros",
    why: "The specification does not limit the number of digits in `\\u{…}`; graphql-js reads at most twelve characters.",
    applies: (mina, other) => other.errors.length === 1 && /Invalid Unicode escape sequence: "\\u\{0{5}/.test(other.errors[0]),
  },
];

// Whether there is a reason for a difference. Adds its name to `used`.
export function isDifferenceAllowed(found, mina, other, used) {
  const reasons = { true: STRICTER, false: LAXER }[found.isMinaStricter] ?? [];
  const reason = reasons.find((it) => it.applies(mina, other));
  if (reason) used.add(reason.name);
  return reason !== undefined;
}

export const names = [...STRICTER, ...LAXER].map((it) => it.name);
