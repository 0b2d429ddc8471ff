// The filters of the list. They are in the address, so that a filtered list can be linked to.

import type { MeetingWhere, OrderDirection } from "../generated/graphql";

/** The parts of the list. The last meeting comes first, but of those to come the next one. */
const VIEWS = {
  recent: { label: "Recent", where: { status: { in: ["LIVE", "COMPLETED"] } }, direction: "DESC" },
  upcoming: { label: "Upcoming", where: { status: { eq: "SCHEDULED" } }, direction: "ASC" },
  drafts: { label: "Drafts", where: { status: { eq: "DRAFT" } }, direction: "DESC" },
  cancelled: { label: "Cancelled", where: { status: { eq: "CANCELLED" } }, direction: "DESC" },
  all: { label: "All", where: {}, direction: "DESC" },
} satisfies Record<string, View>;

interface View {
  readonly label: string;
  readonly where: MeetingWhere;
  readonly direction: OrderDirection;
}

export type ViewName = keyof typeof VIEWS;

export const VIEW_NAMES: readonly ViewName[] = ["recent", "upcoming", "drafts", "cancelled", "all"];

export interface Filters {
  readonly view: ViewName;
  readonly title: string;
  /** Only meetings that the viewer organizes. */
  readonly mine: boolean;
}

export function labelOf(view: ViewName): string {
  return VIEWS[view].label;
}

export function readFilters(parameters: URLSearchParams): Filters {
  const view = parameters.get("view");
  return {
    view: VIEW_NAMES.find((name) => name === view) ?? "recent",
    title: parameters.get("title") ?? "",
    mine: parameters.has("mine"),
  };
}

export function writeFilters({ view, title, mine }: Filters): Record<string, string> {
  return { ...(view !== "recent" && { view }), ...(title && { title }), ...(mine && { mine: "" }) };
}

/** The arguments of `meetings` for these filters. */
export function argumentsOf({ view, title, mine }: Filters, viewerId: string | undefined) {
  const { where, direction }: View = VIEWS[view];
  return {
    where: {
      ...where,
      ...(title && { title: { containsIgnoreCase: title } }),
      ...(mine && viewerId && { organizer: { id: { eq: viewerId } } }),
    },
    direction,
  };
}
