import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { classify } from "./classify.ts";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");

test("the README shows the example that is compiled here", () => {
  const shown = /```ts\n([\s\S]*?)```/.exec(read("../../README.md"))?.[1];
  expect(shown).toBe(read("./classify.ts"));
});

test("the example asks the gateway that it is given", async () => {
  await expect(classify({ baseUrl: "http://127.0.0.1:1", apiKey: "none" }, () => undefined, [1, 2])).rejects.toMatchObject({ code: "TRANSPORT" });
});
