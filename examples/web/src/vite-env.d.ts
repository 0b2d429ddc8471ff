interface ImportMetaEnv {
  /** The server, if it is not the one that serves the page. */
  readonly VITE_MINA_URL?: string;
  /** "true" if the server accepts trusted documents only, so that their IDs are sent. */
  readonly VITE_TRUSTED_DOCUMENTS?: string;
}

interface ImportMeta {
  readonly env: ImportMetaEnv;
}
