import { Component, type ReactNode } from "react";
import { Empty } from "./Empty";

interface Props {
  readonly children: ReactNode;
}

interface State {
  readonly hasFailed: boolean;
}

/** What people see in place of an empty page if there is a bug. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { hasFailed: false };

  static getDerivedStateFromError(): State {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <main>
        <Empty title="Something went wrong">
          <button type="button" onClick={() => location.reload()}>
            Load the page again
          </button>
        </Empty>
      </main>
    );
  }
}
