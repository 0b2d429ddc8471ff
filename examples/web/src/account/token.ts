// Where the bearer token is kept: in the tab's sessionStorage.
//
// A script that gets into the page can read it there, but such a script could as well send requests
// from the page itself, so keeping the token in memory only would cost a sign-in at each reload and
// gain little. Unlike localStorage, it ends with the tab, and other tabs do not share it. Mina has
// no cookies, so no other website can make the browser send it.

const KEY = "mina.token";

export function storedToken(): string | null {
  return sessionStorage.getItem(KEY);
}

export function storeToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
}
