import { graphql } from "../generated";

/** The signed-in user. Wherever it is asked for, the cache has it already. */
export const Viewer = graphql(`
  query Viewer {
    viewer {
      id
      username
      workspace {
        id
        name
      }
    }
  }
`);
