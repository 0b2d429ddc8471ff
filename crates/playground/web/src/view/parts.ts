// F6 goes from one part of the page to the next, past the many links of the documentation.

const PARTS = ["#account", ".rail button", ".panel input", '[role="tab"][aria-selected="true"]', ".query .cm-content", ".variables .cm-content, .headers .cm-content", ".answer .cm-content"];

/** Moves the keyboard to the next visible part, or to the previous one. */
export function focusNextPart(backwards: boolean): void {
  const visible = PARTS.map((selector) => document.querySelector<HTMLElement>(selector)).filter(
    (element) => element !== null && element.offsetParent !== null,
  );
  const focused = document.activeElement;
  const at = visible.findLastIndex((element) => element && focused && isAtOrBefore(element, focused));
  const next = backwards ? at - 1 : at + 1;
  visible[(next + visible.length) % visible.length]?.focus();
}

/** Whether an element is the focused one, or comes before it in the document. */
function isAtOrBefore(element: HTMLElement, focused: Element): boolean {
  return element === focused || Boolean(element.compareDocumentPosition(focused) & Node.DOCUMENT_POSITION_FOLLOWING);
}
