import { useState } from "react";
import { useMutation } from "urql";
import { addressOf } from "../api/address";
import { describeError } from "../api/describeError";
import { graphql } from "../generated";
import { Icon } from "../ui/Icon";

const CaptionsLink = graphql(`
  mutation CaptionsLink($session: ID!) {
    transcriptLinkCreate(input: { sessionId: $session, format: WEBVTT }) {
      url
      userErrors {
        message
      }
    }
  }
`);

interface Props {
  readonly session: string;
  readonly disabled: boolean;
}

/**
 * Downloads the captions. A link cannot send the bearer token, so the server signs one that is valid
 * for a few minutes, and names the file.
 */
export function CaptionsDownload({ session, disabled }: Props) {
  const [{ fetching }, createLink] = useMutation(CaptionsLink);
  const [problem, setProblem] = useState<string | null>(null);

  async function download() {
    const { data, error } = await createLink({ session });
    const payload = data?.transcriptLinkCreate;
    if (payload?.url) {
      setProblem(null);
      // The server sends an attachment, so the page stays where it is.
      location.assign(addressOf(payload.url));
    } else {
      setProblem(error ? describeError(error) : (payload?.userErrors[0]?.message ?? "Try again."));
    }
  }

  return (
    <>
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <button
        type="button"
        className="quiet with-icon"
        disabled={disabled || fetching}
        onClick={() => void download()}
      >
        <Icon name="download" />
        Captions
      </button>
    </>
  );
}
