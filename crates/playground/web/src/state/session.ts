// Who is signed in. The token is kept for this browser tab only, until it is closed.

import { signal } from "@preact/signals";
import { ask } from "../request/send";
import { isRecord, read, write } from "./storage";

export interface Viewer {
  username: string;
  role: string | null;
  workspace: string | null;
}

export interface DemoSignIn {
  username: string;
  password: string;
  role: string;
  workspace: string;
}

const KEY = "mina.token";

const stored = read("sessionStorage", KEY);

export const token = signal<string | null>(typeof stored === "string" ? stored : null);
export const viewer = signal<Viewer | null>(null);

/** Whether the server has rejected the token. */
export const expired = signal(false);

/** Why nobody could be signed in, in a sentence. */
export const signInProblem = signal<string | null>(null);

/** Whom the page may sign in by itself, which only a demo names. */
export const demoSignIns: DemoSignIn[] = (document.documentElement.dataset.demo ?? "")
  .split("\n")
  .map((line) => line.split("\t"))
  .flatMap(([username, password, role, workspace]) =>
    username && password && role && workspace ? [{ username, password, role, workspace }] : [],
  );

const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { token userErrors { message } }
}`;

const VIEWER = "query Viewer { viewer { username role workspace { name } } }";

/** Signs in with the name and the password of a user. */
export async function signIn(login: string, password: string): Promise<boolean> {
  signInProblem.value = null;
  try {
    const { json, status } = await ask({ query: SIGN_IN, variables: { input: { login, password } } }, {});
    const data = isRecord(json?.data) ? json.data : {};
    const payload = isRecord(data.signIn) ? data.signIn : {};
    if (typeof payload.token === "string") return await use(payload.token);
    const [problem] = Array.isArray(payload.userErrors) ? payload.userErrors : [];
    const message = isRecord(problem) ? problem.message : json?.errors?.[0]?.message;
    signInProblem.value = typeof message === "string" ? message : `The server answered with ${status}.`;
  } catch {
    signInProblem.value = "The server does not respond.";
  }
  return false;
}

/** Takes a token, and finds out whose it is. */
export async function use(value: string): Promise<boolean> {
  signInProblem.value = null;
  token.value = value;
  write("sessionStorage", KEY, value);
  try {
    const { status, json } = await ask({ query: VIEWER }, { token: value });
    expired.value = status === 401;
    if (status === 401) {
      signInProblem.value = json?.errors?.[0]?.message ?? "The token is not valid.";
      return false;
    }
    viewer.value = readViewer(json?.data);
  } catch {
    signInProblem.value = "The server does not respond.";
  }
  return true;
}

/** Forgets the token. */
export function signOut(): void {
  token.value = null;
  viewer.value = null;
  expired.value = false;
  signInProblem.value = null;
  write("sessionStorage", KEY, null);
}

/** What a response with status 401 means: sign in again. */
export function noteRejection(): void {
  if (token.value) expired.value = true;
}

/** Goes on with the token of before, or signs in to a demo. */
export async function startSession(): Promise<void> {
  if (token.value && (await use(token.value))) return;
  const [first] = demoSignIns;
  if (first) await signIn(first.username, first.password);
}

function readViewer(data: unknown): Viewer | null {
  const found = isRecord(data) ? data.viewer : null;
  if (!isRecord(found)) return null;
  const text = (value: unknown) => (typeof value === "string" ? value : null);
  return {
    username: text(found.username) ?? "",
    role: text(found.role),
    workspace: isRecord(found.workspace) ? text(found.workspace.name) : null,
  };
}
