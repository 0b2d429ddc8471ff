interface Props {
  readonly message: string;
  readonly onRetry: () => void;
}

/** An error that takes the place of what could not be loaded. */
export function Failure({ message, onRetry }: Props) {
  return (
    <div className="failure" role="alert">
      <p>{message}</p>
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
