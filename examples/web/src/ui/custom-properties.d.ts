import "react";

declare module "react" {
  // Custom properties of CSS that components set.
  interface CSSProperties {
    "--hue"?: number;
    "--share"?: number;
  }
}
