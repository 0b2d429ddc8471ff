import { defineConfig } from "vite";

// `vite` alone serves the page with a proxy to a running server: `mina demo`, or MINA_URL.
const server = process.env.MINA_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  // Relative addresses work behind a proxy that serves Mina below a path, too.
  base: "./",
  // The server puts a nonce in its place, new for each response.
  html: { cspNonce: "%NONCE%" },
  build: {
    assetsDir: "playground",
    assetsInlineLimit: 0,
    license: { fileName: "playground/licenses.md" },
    modulePreload: false,
    target: "es2022",
    rolldownOptions: {
      output: {
        entryFileNames: "playground/[name]-[hash].js",
        chunkFileNames: "playground/[name]-[hash].js",
        assetFileNames: "playground/[name]-[hash][extname]",
      },
    },
  },
  server: { proxy: { "/graphql": server, "/schema.graphql": server } },
});
