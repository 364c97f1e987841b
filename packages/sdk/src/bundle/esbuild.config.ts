import { type BuildOptions, build } from "esbuild";

const source = (path: string): string => new URL(`../${path}`, import.meta.url).pathname;
const shared: BuildOptions = { bundle: true, conditions: ["lamina-source"], legalComments: "none", charset: "utf8", logLevel: "error" };

/** One file that verifies receipts on Node 20 and later, with nothing beside it. Readable: an auditor may want to see what runs. */
export async function bundleNode(outfile: string): Promise<void> {
  const banner = "#!/usr/bin/env node\n// Verifies a Lamina receipt offline. Built from packages/sdk/src/node/lamina-verify.ts; Apache-2.0.";
  await build({
    ...shared,
    entryPoints: [source("node/lamina-verify.ts")],
    outfile,
    platform: "node",
    target: "node20",
    format: "esm",
    banner: { js: banner },
  });
}

/** `@lamina/sdk/verify`, or another entry, for browsers, minified; as `iife` it leaves its exports in the global `laminaVerify`. */
export async function bundleBrowser(outfile: string, format: "esm" | "iife", entry = "verify/index.ts"): Promise<void> {
  await build({
    ...shared,
    entryPoints: [source(entry)],
    outfile,
    platform: "browser",
    target: "es2022",
    format,
    globalName: "laminaVerify",
    minify: true,
  });
}
