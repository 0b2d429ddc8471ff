import type { CodegenConfig } from "@graphql-codegen/cli";
import { addTypenameSelectionDocumentTransform } from "@graphql-codegen/client-preset";

const config: CodegenConfig = {
  schema: "../../schema.graphql",
  documents: ["src/**/*.{ts,tsx}", "!src/generated/**"],
  generates: {
    "src/generated/": {
      preset: "client",
      // The cache adds `__typename` to what is sent, and the manifest must have the same documents.
      documentTransforms: [addTypenameSelectionDocumentTransform],
      presetConfig: {
        persistedDocuments: { hashPropertyName: "documentId" },
        // Not `useFragment`, because it is not a hook.
        fragmentMasking: { unmaskFunctionName: "readFragment" },
      },
      config: {
        strictScalars: true,
        // What they are in JSON. A value of the scalar `JSON` can be anything, so it has to be checked.
        scalars: { Date: "string", DateTime: "string", JSON: "unknown", UUID: "string" },
        enumsAsTypes: true,
        useTypeImports: true,
        immutableTypes: true,
      },
    },
    // The types and their fields, for the cache.
    "src/generated/schema.json": {
      plugins: ["urql-introspection"],
    },
  },
};

export default config;
