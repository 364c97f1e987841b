import type { NetworkAddresses } from "./network.ts";

const BODY = JSON.stringify({
  inputs: [{ name: "features", shape: [1, 64], datatype: "FP32", data: Array.from({ length: 64 }, (_, at) => at % 17) }],
});
const PAUSE_MS = 150;
const REQUEST_TIMEOUT_MS = 20_000;

/** One client that asks again and again while things fail around it, and keeps the ids of the jobs whose answers it was given. */
export class SteadyLoad {
  readonly #addresses: Pick<NetworkAddresses, "GATEWAY_URL" | "API_KEY">;
  #running: Promise<void> | undefined;
  #isStopping = false;
  /** Jobs answered with status 200: acknowledged. */
  readonly answered: string[] = [];
  /** Requests that were refused, or got no answer. */
  failures = 0;

  constructor(addresses: Pick<NetworkAddresses, "GATEWAY_URL" | "API_KEY">) {
    this.#addresses = addresses;
  }

  start(): void {
    this.#isStopping = false;
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
    this.#running = undefined;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#ask();
      } catch {
        // Nobody listens just now: what a client sees, and what this test is about.
        this.failures += 1;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async #ask(): Promise<void> {
    const { GATEWAY_URL, API_KEY } = this.#addresses;
    const headers = { authorization: `Bearer ${API_KEY}`, "content-type": "application/json" };
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const response = await fetch(`${GATEWAY_URL}/v2/models/digits/infer`, { method: "POST", headers, body: BODY, signal });
    await response.arrayBuffer();
    const jobId = response.headers.get("lamina-job-id");
    if (response.ok && jobId !== null) this.answered.push(jobId);
    else this.failures += 1;
  }
}
