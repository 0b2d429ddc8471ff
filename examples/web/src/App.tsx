import { Route, Switch } from "wouter";
import { AccountProvider } from "./account/AccountProvider";
import { SignInPage } from "./account/SignInPage";
import { useAccount } from "./account/useAccount";
import { ApiProvider } from "./api/ApiProvider";
import { MeetingPage } from "./meeting/MeetingPage";
import { MeetingsPage } from "./meetings/MeetingsPage";
import { SearchPage } from "./search/SearchPage";
import { ErrorBoundary } from "./ui/ErrorBoundary";
import { Layout } from "./ui/Layout";
import { NotFound } from "./ui/NotFound";

export function App() {
  return (
    <ErrorBoundary>
      <AccountProvider>
        <Pages />
      </AccountProvider>
    </ErrorBoundary>
  );
}

/** The sign-in takes the place of the page that was asked for, which follows at the same address. */
function Pages() {
  const { token } = useAccount();
  return (
    <ApiProvider key={token} token={token}>
      {token === null ? <SignInPage /> : <SignedIn />}
    </ApiProvider>
  );
}

function SignedIn() {
  return (
    <Layout>
      <Switch>
        <Route path="/" component={MeetingsPage} />
        <Route path="/meetings/:id">{({ id }) => <MeetingPage key={id} id={id} />}</Route>
        <Route path="/search" component={SearchPage} />
        <Route component={NotFound} />
      </Switch>
    </Layout>
  );
}
