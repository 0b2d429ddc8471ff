export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" />
      <path d="M8 20v-4M13 23V11M18.5 25V8M24 20v-6" />
    </svg>
  );
}
