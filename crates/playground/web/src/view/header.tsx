import { openStarters } from "../state/tabs";
import { theme, nextTheme, type Theme } from "../state/theme";
import { Icon, type IconName } from "./icons";
import { Account } from "./account";

const THEME_ICONS: Record<Theme, IconName> = { system: "system", light: "sun", dark: "moon" };

export function Header() {
  return (
    <header class="top">
      <h1>
        <span class="mark" aria-hidden="true" />
        Mina <span class="sub">playground</span>
      </h1>
      <button type="button" id="examples" class="quiet" onClick={openStarters}>Examples</button>
      <a class="quiet sdl" href="schema.graphql" target="_blank" rel="noopener">schema.graphql</a>
      <button type="button" class="quiet" onClick={nextTheme} aria-label={`Colors: ${theme.value}`} title={`Colors: ${theme.value}`}>
        <Icon name={THEME_ICONS[theme.value]} />
      </button>
      <Account />
    </header>
  );
}
