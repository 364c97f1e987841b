import { Secret } from "@lamina/primitives";
import { nodeEnv } from "@lamina/primitives/node";
import { connectNatsBus, workService } from "../../index.ts";

/** A worker that returns what it gets, in a process of its own. Started by `bus.ts`, which sends it its credential. */
process.once("message", async (start: { url: string; jwt: string; seed: string }) => {
  const bus = await connectNatsBus(
    { peer: { role: "worker", id: "w1" }, servers: [start.url], credentials: { userJwt: () => start.jwt, seed: new Secret(start.seed) } },
    { env: nodeEnv(), onFault: (what, error) => process.stderr.write(`${what}: ${String(error)}\n`) },
  );
  bus.serve(workService("w1"), async ({ payload }) => payload);
  await bus.flush();
  process.send?.("ready");
});
process.once("disconnect", () => process.exit(0));
