import { type ReactNode, useEffect, useRef } from "react";
import { Link, useLocation } from "wouter";
import { AccountMenu } from "../account/AccountMenu";
import { Logo } from "./Logo";

export function Layout({ children }: { readonly children: ReactNode }) {
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="bar">
        <Link href="/" className="home" aria-label="Mina, home">
          <Logo />
          <span aria-hidden="true">Mina</span>
        </Link>
        <nav aria-label="Main">
          <NavLink href="/" label="Meetings" />
          <NavLink href="/search" label="Search" />
        </nav>
        <AccountMenu />
      </header>
      <Main>{children}</Main>
    </>
  );
}

function NavLink({ href, label }: { readonly href: string; readonly label: string }) {
  const [path] = useLocation();
  return (
    <Link href={href} aria-current={path === href ? "page" : undefined}>
      {label}
    </Link>
  );
}

/**
 * Another page begins at its top, with the focus in it, as after a full load. When somebody goes
 * back, the browser scrolls to where they were.
 */
function Main({ children }: { readonly children: ReactNode }) {
  const [path] = useLocation();
  const main = useRef<HTMLElement>(null);
  const shownPath = useRef(path);
  const pathBackTo = useRef<string | null>(null);

  useEffect(() => {
    function noteWayBack() {
      pathBackTo.current = location.pathname;
    }
    addEventListener("popstate", noteWayBack);
    return () => removeEventListener("popstate", noteWayBack);
  }, []);

  useEffect(() => {
    if (shownPath.current === path) return;
    shownPath.current = path;
    main.current?.focus({ preventScroll: true });
    if (pathBackTo.current !== path) scrollTo(0, 0);
    pathBackTo.current = null;
  }, [path]);

  return (
    <main id="main" ref={main} tabIndex={-1}>
      {children}
    </main>
  );
}
