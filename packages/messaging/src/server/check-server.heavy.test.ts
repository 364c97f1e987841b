import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEnv } from "@lamina/primitives/node";
import { expect, test } from "vitest";
import { TestNats } from "../testing/test-nats.ts";

test.each([
  ["sync_interval: always", "sync_interval: 2m", /sync_interval: always, found sync_always false/],
  ["max_payload: 1MB", "max_payload: 8MB", /max_payload 1048576, found 8388608/],
])("the start is refused of a real server whose configuration has lost its %s", async (line, instead, message) => {
  const directory = await mkdtemp(join(tmpdir(), "lamina-nats-"));
  const editConfig = (config: string) => {
    expect(config).toContain(line);
    return config.replace(line, instead);
  };
  await expect(TestNats.start(nodeEnv(), directory, { editConfig })).rejects.toThrow(message);
  await rm(directory, { recursive: true, force: true });
});
