import { resolve } from "node:path";
import { strictVerifier } from "@lamina/codec";
import { nodeEd25519Verify } from "@lamina/primitives/node";
import { runVerify } from "@lamina/sdk/verify-command";
import { CliError } from "../cli-error.ts";
import type { CliContext } from "../context.ts";
import { ask } from "../network/demo/http-json.ts";
import { readEnvFile } from "../state/env-file.ts";
import { locateHome } from "../state/locate-home.ts";

export interface GetReceiptOptions {
  readonly home: string | undefined;
  readonly job: string;
  readonly output: string;
  /** Of the checkpoint that the receipt's reader has; the network's own where not given. */
  readonly checkpointHeight: bigint | undefined;
}

/** Fetches a job's receipt at the highest stage that it has reached, with the key of the state folder. */
export async function getReceipt(options: GetReceiptOptions, context: CliContext): Promise<number> {
  const { env, report, workingFolder } = context;
  const folder = locateHome(context, options.home);
  const { GATEWAY_URL: gatewayUrl, API_KEY: bearer } = await readEnvFile(env, folder);
  if (gatewayUrl === undefined || bearer === undefined) {
    throw new CliError(
      "NOT_RUNNING",
      `${folder.envFile} names no gateway and key`,
      "Start a network with ./lamina up, or name its folder with --home DIR.",
    );
  }
  const query = options.checkpointHeight === undefined ? "" : `?checkpoint_height=${options.checkpointHeight}`;
  const url = `${gatewayUrl}/lamina/v1/receipts/${encodeURIComponent(options.job)}${query}`;
  const { status, bytes, header } = await ask(env, { method: "GET", url, bearer });
  if (status !== 200) {
    const found = new TextDecoder().decode(bytes).slice(0, 200);
    throw new CliError(
      "UNKNOWN_NAME",
      `no receipt of job ${options.job}: status ${status}, ${found}`,
      "The id is the header lamina-job-id of the answer.",
    );
  }
  await env.files.writeFileAtomic(resolve(workingFolder, options.output), bytes, { mode: 0o644 });
  report.answer(`${options.output}: ${bytes.length} bytes, stage ${header("lamina-receipt-stage") ?? "unknown"}`);
  return 0;
}

/** Verifies a receipt without network: 0 valid, 1 invalid with the reason, 2 unreadable or without a checkpoint. */
export function verifyReceiptFile(words: readonly string[], { env, report }: CliContext): Promise<number> {
  return runVerify(words, {
    env,
    verifySignature: strictVerifier(nodeEd25519Verify),
    answer: (line) => report.answer(line),
    complain: (line) => report.progress(line),
  });
}
