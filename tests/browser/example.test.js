// The application in examples/web as a person uses it, on the demo. It has to be built before
// (`npm run build`). The binary is MINA_BIN; the browser is CHROMIUM or /usr/bin/chromium;
// screenshots go to the directory SCREENSHOTS, if it is set.
import { after, before } from "node:test";
import { serve, stopServing } from "./example/support.js";
import { start, stop } from "./support.js";

before(async () => {
  await start();
  await serve();
});
after(async () => {
  await stopServing();
  await stop();
});

// First, because its screenshots show the demo as it is.
await import("./example/appearance.js");
await import("./example/signing-in.js");
await import("./example/meetings.js");
await import("./example/tasks.js");
await import("./example/changes.js");
await import("./example/transcript.js");
await import("./example/captions.js");
await import("./example/search.js");
await import("./example/trusted-documents.js");
await import("./example/another-origin.js");
await import("./example/readme.js");
