import { round } from "./load.ts";

export interface SettlingRow {
  readonly jobs: number;
  /** The chain's own pace meanwhile. */
  readonly secondsPerBlock: number;
  /** From the answer to the stage, seconds. */
  readonly toPendingP50: number;
  readonly toPendingP95: number;
  readonly toFinalP50: number;
  readonly toFinalP95: number;
}

export interface SettlingOptions {
  readonly gatewayUrl: string;
  readonly rpcUrl: string;
  readonly apiKey: string;
  readonly body: string;
  readonly jobs: number;
}

const POLL_MS = 50;
const WITHIN_MS = 120_000;

/** Sends jobs one after another and watches each receipt grow: what a client waits for after its answer. */
export async function benchSettling({ gatewayUrl, rpcUrl, apiKey, body, jobs }: SettlingOptions): Promise<SettlingRow> {
  const [startedAt, firstHeight] = [performance.now(), await heightAt(rpcUrl)];
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
  const watched: Promise<{ pending: number; final: number }>[] = [];
  for (let sent = 0; sent < jobs; sent++) {
    const response = await fetch(`${gatewayUrl}/v2/models/digits/infer`, { method: "POST", headers, body });
    await response.arrayBuffer();
    const job = response.headers.get("lamina-job-id");
    if (!response.ok || job === null) throw new Error(`expected 200 and a job id, found ${response.status}`);
    watched.push(watch(`${gatewayUrl}/lamina/v1/receipts/${job}`, headers, performance.now()));
    await new Promise((resolve) => setTimeout(resolve, 137));
  }
  const seen = await Promise.all(watched);
  const secondsPerBlock = round((performance.now() - startedAt) / 1000 / ((await heightAt(rpcUrl)) - firstHeight));
  const at = (values: number[], share: number) =>
    round([...values].sort((left, right) => left - right)[Math.floor(values.length * share)] ?? Number.NaN);
  const [pending, final] = [seen.map((each) => each.pending), seen.map((each) => each.final)];
  return {
    jobs,
    secondsPerBlock,
    toPendingP50: at(pending, 0.5),
    toPendingP95: at(pending, 0.95),
    toFinalP50: at(final, 0.5),
    toFinalP95: at(final, 0.95),
  };
}

async function heightAt(rpcUrl: string): Promise<number> {
  const response = await fetch(`${rpcUrl}/status`);
  const { result } = (await response.json()) as { result: { sync_info: { latest_block_height: string } } };
  return Number(result.sync_info.latest_block_height);
}

async function watch(url: string, headers: Record<string, string>, answeredAt: number): Promise<{ pending: number; final: number }> {
  let pending: number | undefined;
  while (performance.now() < answeredAt + WITHIN_MS) {
    const response = await fetch(url, { headers });
    await response.arrayBuffer();
    const stage = response.headers.get("lamina-receipt-stage");
    const seconds = (performance.now() - answeredAt) / 1000;
    if (stage === "pending" || stage === "final") pending ??= seconds;
    if (stage === "final") return { pending: pending ?? seconds, final: seconds };
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`a job was not final within ${WITHIN_MS / 1000} s`);
}
