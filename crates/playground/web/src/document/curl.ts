// The request as a command line. The token is a variable of the shell.

import type { Payload } from "../request/send";

/** A command that sends a request, for POSIX shells. */
export function curlCommand(payload: Payload, streams: boolean, signedIn: boolean, headers: Record<string, string>): string {
  const lines = [`curl ${streams ? "-N " : ""}${quote(new URL("graphql", document.baseURI).href)}`];
  lines.push(`-H ${quote("Content-Type: application/json")}`);
  if (streams) lines.push(`-H ${quote("Accept: text/event-stream")}`);
  if (signedIn) lines.push('-H "Authorization: Bearer $TOKEN"');
  for (const [name, value] of Object.entries(headers)) {
    // Somebody may paste the command where others read it.
    const isSecret = /authorization|cookie|token|key|secret/i.test(name);
    lines.push(isSecret ? `-H "${name}: $${name.toUpperCase().replace(/\W/g, "_")}"` : `-H ${quote(`${name}: ${value}`)}`);
  }
  lines.push(`-d ${quote(JSON.stringify(payload))}`);
  return lines.join(" \\\n  ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
