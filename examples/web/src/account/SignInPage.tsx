import { useId, useState, type SubmitEvent } from "react";
import { useMutation } from "urql";
import { graphql } from "../generated";
import { describeError } from "../api/describeError";
import { Logo } from "../ui/Logo";
import { useTitle } from "../ui/useTitle";
import { useAccount } from "./useAccount";

const SignIn = graphql(`
  mutation SignIn($input: SignInInput!) {
    signIn(input: $input) {
      token
      userErrors {
        message
      }
    }
  }
`);

export function SignInPage() {
  const account = useAccount();
  const [{ fetching }, send] = useMutation(SignIn);
  const [problem, setProblem] = useState<string | null>(null);
  const problemId = useId();
  useTitle("Sign in");

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const input = { login: textOf(form, "login"), password: textOf(form, "password") };
    const { data, error } = await send({ input });
    const payload = data?.signIn;
    if (payload?.token) account.signIn(payload.token);
    else setProblem(error ? describeError(error) : (payload?.userErrors[0]?.message ?? "Try again."));
  }

  return (
    <main className="sign-in">
      <form className="card" aria-describedby={problemId} onSubmit={(event) => void submit(event)}>
        <Logo />
        <h1>Sign in</h1>
        {account.hasExpired && <p className="notice">Your session has ended. Sign in to go on.</p>}
        <label>
          Username or email
          <input name="login" autoComplete="username" autoCapitalize="none" spellCheck={false} required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        <p id={problemId} className="problem" role="alert">
          {problem}
        </p>
        <button type="submit" className="primary" disabled={fetching}>
          {fetching ? "Signing in…" : "Sign in"}
        </button>
        {import.meta.env.DEV && (
          <p className="faint">
            In the demo, sign in as <code>ada</code> with <code>mina-demo</code>.
          </p>
        )}
      </form>
    </main>
  );
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}
