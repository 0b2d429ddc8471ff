// genql makes a client of the schema, whose queries are objects.
import { createClient, everything, type FieldsSelection, type Query } from "../generated/genql";

const client = createClient({ url: "http://127.0.0.1:8000/graphql" });

export async function titles(): Promise<string[]> {
  const { meetings } = await client.query({
    meetings: {
      __args: { first: 20, where: { status: { eq: "COMPLETED" } }, orderBy: [{ field: "CREATED_AT", direction: "DESC" }] },
      totalCount: true,
      nodes: { title: true, organizer: { username: true }, on_Meeting: { status: true } },
    },
  });
  return meetings?.nodes.map(({ title, organizer }) => `${title} by ${organizer?.username}`) ?? [];
}

export async function complete(id: string): Promise<string[]> {
  const { taskComplete } = await client.mutation({
    taskComplete: { __args: { input: { id } }, task: { status: true }, userErrors: { ...everything } },
  });
  return taskComplete?.userErrors.map(({ code, message }) => `${code}: ${message}`) ?? [];
}

export type Viewer = FieldsSelection<Query, { viewer: { id: true } }>["viewer"];
