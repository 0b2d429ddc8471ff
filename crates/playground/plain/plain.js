// The page of binaries that were built without npm: it runs an operation and shows the response.
"use strict";

const $ = (id) => document.getElementById(id);

async function send(query, variables) {
  const headers = { "content-type": "application/json" };
  const token = $("token").value.trim();
  if (token) headers.authorization = `Bearer ${token}`;
  const response = await fetch("graphql", { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  const text = await response.text();
  try { return { response, answer: JSON.parse(text) }; } catch { return { response, text }; }
}

async function run() {
  $("run").disabled = true;
  $("status").textContent = "running…";
  try {
    const { response, answer, text } = await send($("query").value, JSON.parse($("variables").value.trim() || "{}"));
    $("response").textContent = answer ? JSON.stringify(answer, null, 2) : text;
    $("status").textContent = `${response.status}`;
  } catch (error) {
    $("status").textContent = String(error.message);
  } finally {
    // A double click must not run a mutation twice.
    setTimeout(() => { $("run").disabled = false; }, 600);
  }
}

// In the demo, the first user is signed in.
async function signIn() {
  const [username, password] = document.documentElement.dataset.demo.split("\n")[0].split("\t");
  if (!username) return;
  const query = "mutation ($input: SignInInput!) { signIn(input: $input) { token } }";
  const { answer } = await send(query, { input: { login: username, password } });
  $("token").value = answer?.data?.signIn?.token ?? "";
}

$("run").addEventListener("click", run);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.repeat && !$("run").disabled) run();
});
signIn();
