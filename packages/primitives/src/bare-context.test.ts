import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { expect, test } from "vitest";

test("the root door needs nothing but the language: it runs in a bare context, without Buffer, TextEncoder or timers", async () => {
  const entry = fileURLToPath(new URL("./index.ts", import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "primitives",
    platform: "neutral",
  });
  const code = `${outputFiles[0]?.text}
    const bytes = new primitives.ByteWriter().u64(7n).string("Zürich").finish();
    const reader = new primitives.ByteReader(bytes);
    [primitives.toHex(bytes), primitives.toBase64(bytes), String(reader.u64()), reader.string(10)].join(" ");`;
  expect(runInContext(code, createContext({}))).toBe("0000000000000007075ac3bc72696368 AAAAAAAAAAcHWsO8cmljaA== 7 Zürich");
});
