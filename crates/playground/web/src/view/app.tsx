import { panel, part, type Part, showPart, sizes, togglePanel, type Panel } from "../state/layout";
import { Docs } from "./docs";
import { Explorer } from "./explorer";
import { Header } from "./header";
import { History } from "./history";
import { Icon, type IconName } from "./icons";
import { Response } from "./response";
import { Separator } from "./separator";
import { Writing } from "./writing";

const PANELS: { name: Panel; title: string; icon: IconName }[] = [
  { name: "docs", title: "Docs", icon: "book" },
  { name: "explorer", title: "Explorer", icon: "tree" },
  { name: "history", title: "History", icon: "clock" },
];

const PARTS: { name: Part; title: string; icon: IconName }[] = [
  { name: "write", title: "Request", icon: "terminal" },
  { name: "response", title: "Response", icon: "format" },
  ...PANELS,
];

export function App() {
  const { panel: width, writing, extras } = sizes.value;
  const style = { "--panel": `${width}px`, "--writing": `${writing}fr`, "--response": `${1 - writing}fr`, "--extras": `${extras * 100}%` };
  return (
    <div class="page" data-part={part.value} data-panel={panel.value} style={style}>
      <Header />
      <nav class="parts" aria-label="Parts of the page">
        {PARTS.map(({ name, title, icon }) => (
          <button key={name} type="button" aria-current={part.value === name} onClick={() => showPart(name)}>
            <Icon name={icon} /> {title}
          </button>
        ))}
      </nav>
      <main>
        <nav class="rail" aria-label="Panels">
          {PANELS.map(({ name, title, icon }) => (
            <button key={name} type="button" id={`rail-${name}`} aria-pressed={panel.value === name} onClick={() => togglePanel(name)}>
              <Icon name={icon} />
              <span>{title}</span>
            </button>
          ))}
        </nav>
        {panel.value !== "closed" && (
          <aside class="panel" aria-label={PANELS.find(({ name }) => name === panel.value)?.title}>
            {panel.value === "docs" && <Docs />}
            {panel.value === "explorer" && <Explorer />}
            {panel.value === "history" && <History />}
            <Separator of="panel" label="Width of the panel" isUpright sizeAt={({ clientX }, { parentElement }) => clientX - (parentElement?.getBoundingClientRect().left ?? 0)} />
          </aside>
        )}
        <Writing />
        <Response />
      </main>
    </div>
  );
}
