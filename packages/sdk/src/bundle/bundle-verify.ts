import { bundleBrowser, bundleNode } from "./esbuild.config.ts";

// Writes dist/lamina-verify.mjs at the repository's root, and the browser's bundle beside the package's own output.
const root = new URL("../../../../", import.meta.url);
await bundleNode(new URL("dist/lamina-verify.mjs", root).pathname);
await bundleBrowser(new URL("../../dist/lamina-verify.browser.mjs", import.meta.url).pathname, "esm");
