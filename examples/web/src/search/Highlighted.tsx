interface Props {
  readonly text: string;
  readonly word: string;
}

/** A text in which each occurrence of a word is marked. */
export function Highlighted({ text, word }: Props) {
  const parts = split(text, word);
  return parts.map((part, index) => (index % 2 === 1 ? <mark key={index}>{part}</mark> : part));
}

/** The text in parts, of which every second one is an occurrence of the word. */
function split(text: string, word: string): string[] {
  const escaped = word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return text.split(new RegExp(`(${escaped})`, "i"));
}
