import type { ReactNode } from "react";

interface Props {
  readonly title: string;
  readonly children?: ReactNode;
}

/** What is shown in place of a list or a page that has nothing in it. */
export function Empty({ title, children }: Props) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children && <p className="faint">{children}</p>}
    </div>
  );
}
