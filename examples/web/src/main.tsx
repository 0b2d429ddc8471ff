import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/meetings.css";
import "./styles/meeting.css";
import "./styles/transcript.css";

const container = document.getElementById("app");
if (!container) throw new Error("index.html has no #app");

createRoot(container).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
