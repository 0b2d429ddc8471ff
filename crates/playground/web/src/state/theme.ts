import { signal } from "@preact/signals";
import { read, write } from "./storage";

export type Theme = "system" | "light" | "dark";

const THEMES: readonly Theme[] = ["system", "light", "dark"];

const stored = THEMES.find((theme) => theme === read("localStorage", "mina.theme"));

/** Which colors the page has. */
export const theme = signal<Theme>(stored ?? "system");

/** Goes from the system's colors to light, dark, and back. */
export function nextTheme(): void {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system";
  theme.value = next;
  write("localStorage", "mina.theme", next === "system" ? null : next);
  applyTheme();
}

/** Styles follow `color-scheme`, which the attribute sets. */
export function applyTheme(): void {
  document.documentElement.dataset.theme = theme.value;
}
