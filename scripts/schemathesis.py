"""What a run of schemathesis checks: no answer is a failure of the server itself.

Its own check takes every GraphQL error with a path for one, and Mina answers so where there is no
object of an id, or where the viewer may not do something.
"""

import schemathesis


@schemathesis.check
def no_failure_of_the_server(ctx, response, case):
    assert response.status_code < 500, f"status {response.status_code}: {response.text}"
    for error in response.json().get("errors", []):
        code = error.get("extensions", {}).get("code")
        assert code not in (None, "INTERNAL", "TIMEOUT"), f"{code}: {error}"
