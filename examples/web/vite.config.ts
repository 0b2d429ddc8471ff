import react from "@vitejs/plugin-react";
import { defineConfig, loadEnv } from "vite";

export default defineConfig(({ mode }) => {
  // The server to which `vite` and `vite preview` pass the API and downloads on: `mina demo`, or
  // MINA_URL.
  const { MINA_URL = "http://127.0.0.1:8000" } = loadEnv(mode, ".", "MINA_");
  const proxy = { "/graphql": { target: MINA_URL, ws: true }, "/sessions": { target: MINA_URL } };
  return {
    plugins: [react()],
    build: { target: "es2022" },
    server: { proxy },
    preview: { proxy },
  };
});
