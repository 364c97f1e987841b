import { createHash } from "node:crypto";
import { toHex } from "@lamina/primitives";
import { noopLogger } from "@lamina/telemetry";
import { fakeEnv } from "@lamina/testing";
import { describe, expect, test } from "vitest";
import type { Account, TxTerms } from "./account.ts";
import { ChainUnreachableError, QueryRefusedError, SdkCode } from "./chain-errors.ts";
import type { CheckedTx, Comet, IncludedTx } from "./comet.ts";
import { feeFor } from "./fee.ts";
import { TX_SENDER_DEFAULTS, TxSender } from "./tx-sender.ts";

const OK: CheckedTx = { code: 0, codespace: "", log: "" };
const BLOCK_MS = 500;

/** A node in memory with one account: sequences, timeouts and gas as the real one keeps them. */
class FakeNode {
  readonly env = fakeEnv(1);
  sequence = 7n;
  gasNeeded = 50_000n;
  /** What the mempool says next, in order; then it takes everything. */
  answers: (CheckedTx | "unreachable" | "lost")[] = [];
  /** False: transactions are in blocks, and searches do not find them. */
  isIndexing = true;
  /** Sequences of the transactions that blocks held. */
  readonly included: bigint[] = [];
  readonly broadcasts: TxTerms[] = [];
  readonly #found = new Map<string, IncludedTx>();
  #waiting: { terms: TxTerms; hash: string }[] = [];
  #height = 1n;

  constructor(blockMs = BLOCK_MS) {
    this.env.timers.setInterval(() => this.#makeBlock(), blockMs);
  }

  readonly account: Account = {
    address: "lamina1test",
    state: async () => ({ accountNumber: 3n, sequence: this.sequence }),
    balanceUlam: async () => 0n,
    simulate: async (_, { sequence }) => {
      const expected = this.sequence + BigInt(this.#waiting.length);
      const wrong = { codespace: "sdk", code: SdkCode.wrongSequence, path: "app/simulate", log: `expected ${expected}, got ${sequence}` };
      if (sequence !== expected) throw new QueryRefusedError(wrong);
      return this.gasNeeded;
    },
    sign: async (_, terms) => new TextEncoder().encode(JSON.stringify(terms, (_key, value) => (typeof value === "bigint" ? `${value}` : value))),
  };

  readonly comet = {
    status: async () => ({ chainId: "test", latestHeight: this.#height, latestTimeMs: 0, isCatchingUp: false }),
    broadcast: async (tx: Uint8Array) => this.#broadcast(tx),
    findTx: async (hash: Uint8Array) => (this.isIndexing ? this.#found.get(toHex(hash)) : undefined),
    findTxAt: async (hash: Uint8Array, height: bigint) => {
      const found = this.#found.get(toHex(hash));
      return found?.height === height ? found : undefined;
    },
  } as unknown as Comet;

  sender(): TxSender {
    return new TxSender({ ...TX_SENDER_DEFAULTS, attempts: 4 }, { env: this.env, comet: this.comet, account: this.account, logger: noopLogger });
  }

  #broadcast(tx: Uint8Array): CheckedTx {
    const raw = JSON.parse(new TextDecoder().decode(tx)) as {
      account: { sequence: string };
      gasLimit: string;
      feeUlam: string;
      timeoutHeight: string;
    };
    const account = { accountNumber: 3n, sequence: BigInt(raw.account.sequence) };
    const terms = { account, gasLimit: BigInt(raw.gasLimit), feeUlam: BigInt(raw.feeUlam), memo: "", timeoutHeight: BigInt(raw.timeoutHeight) };
    this.broadcasts.push(terms);
    const answer = this.answers.shift();
    if (answer === "lost") return OK;
    if (typeof answer === "object") return answer;
    const hash = createHash("sha256").update(tx).digest("hex");
    if (terms.account.sequence !== this.sequence + BigInt(this.#waiting.length))
      return { code: SdkCode.wrongSequence, codespace: "sdk", log: "wrong" };
    this.#waiting.push({ terms, hash });
    if (answer === "unreachable") throw new ChainUnreachableError({ operation: "broadcast", url: "test", reason: "cut" });
    return OK;
  }

  #makeBlock(): void {
    this.#height += 1n;
    for (const { terms, hash } of this.#waiting) {
      if (terms.timeoutHeight < this.#height) continue;
      this.sequence += 1n;
      this.included.push(terms.account.sequence);
      const ranOut = terms.gasLimit < this.gasNeeded;
      const result = ranOut ? { code: SdkCode.outOfGas, codespace: "sdk", log: "out of gas" } : OK;
      this.#found.set(hash, { hash, height: this.#height, gasWanted: terms.gasLimit, gasUsed: 1n, events: [], responses: [], ...result });
    }
    this.#waiting = [];
  }
}

describe("the one writer of an account", () => {
  test("sends one after another, each with the next sequence", async () => {
    const node = new FakeNode();
    const sender = node.sender();
    await node.env.time.run(Promise.all([1, 2, 3].map(() => sender.send([]))));
    expect(node.included).toEqual([7n, 8n, 9n]);
  });

  test("pays for what a simulation says and half as much again", async () => {
    const node = new FakeNode();
    await node.env.time.run(node.sender().send([]));
    expect(node.broadcasts[0]).toMatchObject({ gasLimit: 75_000n, feeUlam: feeFor(75_000n, 1_000n) });
  });

  test("reads the sequence anew when somebody else wrote (T34)", async () => {
    const node = new FakeNode();
    const sender = node.sender();
    await node.env.time.run(sender.send([]));
    node.sequence += 5n;
    await node.env.time.run(sender.send([]));
    expect(node.included).toEqual([7n, 13n]);
  });

  test("two writers of one account take turns, however slow the blocks are (T34)", async () => {
    const node = new FakeNode(20 * TX_SENDER_DEFAULTS.pollMs);
    const [one, two] = [node.sender(), node.sender()];
    await node.env.time.run(Promise.all([one, two, one, two, one].map((sender) => sender.send([]))));
    expect(node.included).toEqual([7n, 8n, 9n, 10n, 11n]);
  });

  test("a sequence that never fits is given up once the tries' heights have passed", async () => {
    const node = new FakeNode();
    const wrong = { code: SdkCode.wrongSequence, codespace: "sdk", log: "account sequence mismatch" };
    node.answers = Array.from({ length: 10_000 }, () => wrong);
    await expect(node.env.time.run(node.sender().send([]))).rejects.toThrow("account sequence mismatch");
    expect(node.included).toEqual([]);
  });

  test("one that the node's index does not show is found in its block, and not paid for twice (T33)", async () => {
    const node = new FakeNode();
    node.isIndexing = false;
    const sent = await node.env.time.run(node.sender().send([]));
    expect(sent.height).toBe(2n);
    expect(node.included).toEqual([7n]);
    expect(node.broadcasts).toHaveLength(1);
  });

  test("where another's transaction took its sequence it is sent anew, once (T34)", async () => {
    const node = new FakeNode();
    node.answers = ["lost"];
    node.env.timers.setTimeout(() => {
      node.sequence += 1n;
    }, 300);
    await node.env.time.run(node.sender().send([]));
    expect(node.broadcasts.map(({ account }) => account.sequence)).toEqual([7n, 8n]);
    expect(node.included).toEqual([8n]);
  });

  test("a broadcast without an answer is waited for, not repeated (T33)", async () => {
    const node = new FakeNode();
    node.answers = ["unreachable"];
    await node.env.time.run(node.sender().send([]));
    expect(node.broadcasts).toHaveLength(1);
    expect(node.included).toEqual([7n]);
  });

  test("one that the mempool lost is sent again only after its last height, with the same sequence", async () => {
    const node = new FakeNode();
    node.answers = ["lost"];
    await node.env.time.run(node.sender().send([]));
    const [first, second] = node.broadcasts;
    expect(node.broadcasts).toHaveLength(2);
    expect(second?.account.sequence).toBe(first?.account.sequence);
    expect((second?.timeoutHeight ?? 0n) - TX_SENDER_DEFAULTS.timeoutHeights).toBeGreaterThan(first?.timeoutHeight ?? 0n);
    expect(node.included).toEqual([7n]);
  });

  test("doubles the gas where it ran out, up to the block's", async () => {
    const node = new FakeNode();
    node.gasNeeded = 350_000n;
    const sent = await node.env.time.run(node.sender().send([], { gas: { kind: "limit", gas: 100_000n } }));
    expect(sent.gasWanted).toBe(400_000n);
    expect(node.broadcasts.map(({ gasLimit }) => gasLimit)).toEqual([100_000n, 200_000n, 400_000n]);
  });

  test("a refusal is told with its code, and the next in line still gets its turn", async () => {
    const node = new FakeNode();
    node.answers = [{ code: SdkCode.insufficientFunds, codespace: "sdk", log: "poor" }];
    const sender = node.sender();
    const [refused, sent] = await node.env.time.run(Promise.allSettled([sender.send([]), sender.send([])]));
    expect(refused).toMatchObject({ status: "rejected", reason: { code: "TX_REFUSED", details: { codespace: "sdk", code: 5, stage: "checked" } } });
    expect(sent).toMatchObject({ status: "fulfilled" });
    expect(node.included).toEqual([7n]);
  });

  test("gives up after its tries, saying that nothing can be included any more", async () => {
    const node = new FakeNode();
    node.answers = ["lost", "lost", "lost", "lost"];
    await expect(node.env.time.run(node.sender().send([]))).rejects.toThrow(/no block held the transaction in 4 tries/);
    expect(node.included).toEqual([]);
  });
});
