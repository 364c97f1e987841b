import { strictVerifier } from "@lamina/codec";
import { nodeEd25519Verify, nodeEnv } from "@lamina/primitives/node";
import { runVerify } from "../verify-command/run-verify.ts";

// Entry of lamina-verify.mjs, which is this file with all that it needs in one: Node 20 runs it in an empty folder, without network.
process.exitCode = await runVerify(process.argv.slice(2), {
  env: nodeEnv(),
  verifySignature: strictVerifier(nodeEd25519Verify),
  answer: (line) => process.stdout.write(`${line}\n`),
  complain: (line) => process.stderr.write(`${line}\n`),
});
