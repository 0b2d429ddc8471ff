/** The initials of somebody, on a colour that is always the same for them. */
export function Avatar({ name }: { readonly name: string }) {
  return (
    <span className="avatar" style={{ "--hue": hueOf(name) }} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const initials = words.length > 1 ? words.map((word) => word.charAt(0)).join("") : name;
  return initials.slice(0, 2).toUpperCase();
}

export function hueOf(name: string): number {
  let hash = 7;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 360;
  return hash;
}
