// The playground as a person uses it, on the demo. The binary is MINA_BIN (or a demo runs at
// MINA_URL already); the browser is CHROMIUM or /usr/bin/chromium; screenshots go to the directory
// SCREENSHOTS, if it is set.
import { after, before } from "node:test";
import { start, stop } from "./support.js";

before(start);
after(stop);

await import("./cases/typing.js");
await import("./cases/completion.js");
await import("./cases/checks.js");
await import("./cases/running.js");
await import("./cases/subscriptions.js");
await import("./cases/signing-in.js");
await import("./cases/keeping.js");
await import("./cases/sharing.js");
await import("./cases/documentation.js");
await import("./cases/explorer.js");
await import("./cases/resizing.js");
await import("./cases/accessibility.js");
await import("./cases/captions.js");
if (!process.env.MINA_URL) await import("./cases/plain.js");
