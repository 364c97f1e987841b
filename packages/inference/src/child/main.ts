import { nodeEnv } from "@lamina/primitives/node";
import { onnxRuntime } from "../onnxruntime.ts";
import type { Confinement } from "./confine.ts";
import { confine } from "./confine.ts";
import { startOrphanGuard } from "./orphan-guard.ts";
import { Pipe } from "./pipe.ts";
import { serve } from "./serve.ts";

/** First descriptor after stdin, stdout and stderr: the channel that the parent asked for. */
const CHANNEL_DESCRIPTOR = 3;

/** Arguments: one JSON object, `Confinement`. The environment is empty but for a crash point in tests; there are no keys here (B4). */
const env = nodeEnv();
const confinement = JSON.parse(process.argv[2] ?? "{}") as Confinement;
startOrphanGuard();
confine(confinement);
await serve(new Pipe(CHANNEL_DESCRIPTOR), onnxRuntime, env.step);
process.exit(0);
