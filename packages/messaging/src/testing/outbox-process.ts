import { nodeEnv } from "@lamina/primitives/node";
import { Outbox } from "../outbox/outbox.ts";
import { resultsSubject } from "../subjects.ts";

/** Run by `outbox.heavy.test.ts` as a process of its own: adds and settles until it is killed, and tells what was confirmed. */
const path = process.argv[2] ?? "";
const first = Number(process.argv[3]);
const outbox = await Outbox.open(
  { path, resendAfterMs: 60_000, bytesMax: 1_000_000, compactAtBytes: 2_000 },
  { env: nodeEnv(), send: async () => undefined, onFault: (what, error) => void process.stderr.write(`${what}: ${String(error)}\n`) },
);
outbox.start();
for (let index = first; index < first + 200; index++) {
  const id = `e${index}`;
  await outbox.add(id, resultsSubject("w1"), new TextEncoder().encode(`payload of ${id}`));
  process.stdout.write(`+${id}\n`);
  if (index % 3 === 0) continue;
  process.stdout.write(`?${id}\n`);
  await outbox.settle([id]);
  process.stdout.write(`-${id}\n`);
}
await outbox.close();
