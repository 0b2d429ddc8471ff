// Who is signed in, and how to be somebody else.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { demoSignIns, expired, signIn, signInProblem, signOut, token, use, viewer } from "../state/session";
import { Icon } from "./icons";

export function Account() {
  const open = useSignal(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const outside = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !open.value) return;
    open.value = false;
    button.current?.focus();
  };
  return (
    <div class="account" ref={root} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        id="account"
        class={expired.value ? "bad" : ""}
        aria-expanded={open.value}
        aria-controls="account-menu"
        onClick={() => { open.value = !open.value; }}
      >
        <Icon name="user" />
        <span id="who">{label()}</span>
      </button>
      {open.value && (
        <div id="account-menu" class="menu">
          {token.value ? <SignedIn close={() => { open.value = false; }} /> : null}
          {demoSignIns.length > 0 && <Demo close={() => { open.value = false; }} />}
          <SignInForm close={() => { open.value = false; }} />
          <TokenForm close={() => { open.value = false; }} />
          <p id="sign-in-problem" class="problem" role="alert">{signInProblem.value ?? ""}</p>
        </div>
      )}
    </div>
  );
}

function label(): string {
  if (expired.value) return "Sign in again";
  if (!viewer.value) return token.value ? "Signed in" : "Sign in";
  const { username, workspace } = viewer.value;
  return workspace ? `${username} of ${workspace}` : username;
}

interface Closing {
  close: () => void;
}

function SignedIn({ close }: Closing) {
  const role = viewer.value?.role?.toLowerCase();
  return (
    <div class="row between">
      <span class="faint">{expired.value ? "The token has expired." : `Signed in${role ? ` as ${role}` : ""}.`}</span>
      <button type="button" id="sign-out" onClick={() => { signOut(); close(); }}>Sign out</button>
    </div>
  );
}

function Demo({ close }: Closing) {
  const choose = async (username: string, password: string): Promise<void> => {
    if (await signIn(username, password)) close();
  };
  return (
    <fieldset>
      <legend>Users of this demo</legend>
      {demoSignIns.map(({ username, password, role, workspace }) => (
        <button key={username} type="button" class="choice" onClick={() => void choose(username, password)}>
          <strong>{username}</strong> <span class="faint">{role} of {workspace}</span>
        </button>
      ))}
    </fieldset>
  );
}

function SignInForm({ close }: Closing) {
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const done = await signIn(String(data.get("login")), String(data.get("password")));
    form.reset();
    if (done) close();
  };
  return (
    <form id="sign-in" onSubmit={(event) => void submit(event)}>
      <label>Username or email <input name="login" autocomplete="username" required /></label>
      <label>Password <input name="password" type="password" autocomplete="current-password" required /></label>
      <button class="main">Sign in</button>
    </form>
  );
}

function TokenForm({ close }: Closing) {
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const value = String(new FormData(form).get("token")).trim().replace(/^Bearer\s+/i, "");
    form.reset();
    if (value && (await use(value))) close();
  };
  return (
    <form id="bearer" onSubmit={(event) => void submit(event)}>
      <label>Or paste a bearer token <input name="token" type="password" autocomplete="off" required /></label>
      <button>Use this token</button>
    </form>
  );
}
