import { describe, expect, test } from "vitest";
import { BaseError, backoffMs, retry } from "./index.ts";

class FlakyError extends BaseError<"FLAKY"> {
  override readonly retryable = true;
  readonly details = {};
}

/** Timers that only write down how long was asked for. */
function recorder(byte = 255) {
  const sleptMs: number[] = [];
  const timers = {
    setTimeout: () => ({ unref: () => undefined }),
    clearTimeout: () => undefined,
    setInterval: () => ({ unref: () => undefined }),
    clearInterval: () => undefined,
    sleep: async (durationMs: number, signal?: AbortSignal) => {
      sleptMs.push(durationMs);
      signal?.throwIfAborted();
    },
  };
  return { sleptMs, env: { timers, random: { bytes: (count: number) => new Uint8Array(count).fill(byte) } } };
}

const OPTIONS = { attempts: 5, baseDelayMs: 100, maxDelayMs: 350 };

describe("retry", () => {
  test("tries again after a retryable error, waiting twice as long each time up to the limit", async () => {
    const { env, sleptMs } = recorder();
    const answer = await retry(env, OPTIONS, async (attempt) => {
      if (attempt < 5) throw new FlakyError("FLAKY", "not yet");
      return attempt;
    });
    expect(answer).toBe(5);
    expect(sleptMs).toEqual([100, 200, 350, 350]);
  });

  test("gives up with the last error when the tries are used up", async () => {
    const { env, sleptMs } = recorder();
    await expect(retry(env, { ...OPTIONS, attempts: 2 }, (attempt) => Promise.reject(new FlakyError("FLAKY", `try ${attempt}`)))).rejects.toThrow(
      "try 2",
    );
    expect(sleptMs).toHaveLength(1);
  });

  test("does not repeat what would fail again", async () => {
    const { env, sleptMs } = recorder();
    await expect(retry(env, OPTIONS, () => Promise.reject(new Error("bad input")))).rejects.toThrow("bad input");
    expect(sleptMs).toEqual([]);
  });

  test("asks the caller where it says so", async () => {
    const { env } = recorder();
    const shouldRetry = (error: unknown) => error instanceof TypeError;
    const answer = await retry(env, { ...OPTIONS, shouldRetry }, async (attempt) => {
      if (attempt === 1) throw new TypeError("network");
      return "there";
    });
    expect(answer).toBe("there");
  });

  test("an abort ends it before the next try", async () => {
    const { env } = recorder();
    const controller = new AbortController();
    let tries = 0;
    const running = retry(env, { ...OPTIONS, signal: controller.signal }, async () => {
      tries++;
      controller.abort(new Error("stopped"));
      throw new FlakyError("FLAKY", "not yet");
    });
    await expect(running).rejects.toThrow("stopped");
    expect(tries).toBe(1);
  });
});

test("waits are spread over the upper half of the step, at any count of tries", () => {
  expect(backoffMs(recorder(0).env, OPTIONS, 1)).toBe(50);
  expect(backoffMs(recorder(255).env, OPTIONS, 1)).toBe(100);
  expect(backoffMs(recorder(255).env, OPTIONS, 10_000)).toBe(350);
});
