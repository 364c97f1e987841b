import { TestPostgres } from "@lamina/db/testing";
import { prometheusMetrics } from "@lamina/telemetry/prometheus";
import { recordingLogger } from "@lamina/telemetry/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type IndexFacts, indexFacts } from "../testing/index-facts.ts";
import { RecordedNode } from "../testing/recorded-node.ts";
import { TestIndex } from "../testing/test-index.ts";

interface Event {
  readonly type: string;
  readonly attributes: { readonly key: string; value: string }[];
}

interface Results {
  readonly txs_results: { events?: Event[] }[] | null;
  readonly finalize_block_events: Event[] | null;
}

let facts: IndexFacts;
let postgres: TestPostgres;

beforeAll(async () => {
  facts = indexFacts();
  postgres = await TestPostgres.start();
});

afterAll(() => postgres.stop());

/** Sets a field of the events of a type that `chosen` picks, in the whole recording; gives how many. */
function tamper(type: string, key: string, chosen: (event: Event) => boolean, value: (before: string) => string) {
  let count = 0;
  const heights = facts.chain.heights.map(({ block, results }) => {
    const parsed = JSON.parse(results) as Results;
    const events = [...(parsed.txs_results ?? []).flatMap((each) => each.events ?? []), ...(parsed.finalize_block_events ?? [])];
    for (const event of events.filter((each) => each.type === type && chosen(each))) {
      for (const attribute of event.attributes.filter((each) => each.key === key)) {
        attribute.value = value(attribute.value);
        count += 1;
      }
    }
    return { block, results: JSON.stringify(parsed) };
  });
  expect(count, "the recording holds what the test spoils").toBeGreaterThan(0);
  return new RecordedNode({ ...facts.chain, heights });
}

const field = (event: Event, key: string) => event.attributes.find((each) => each.key === key)?.value;
const PENDING = "lamina.rollup.v1.EventBlockPending";
const FINAL = "lamina.rollup.v1.EventBlockFinal";
const PAYMENT = "lamina.escrow.v1.EventPayment";
let first = true;
const once = () => {
  const answer = first;
  first = false;
  return answer;
};

test.each<[string, string[], () => RecordedNode]>([
  [
    "a worker is paid one ulam more than its rows took",
    ["I2", "I5"],
    () =>
      tamper(
        PAYMENT,
        "amount",
        (event) => field(event, "kind") === '"worker"' && once(),
        (text) => JSON.stringify(`${BigInt(JSON.parse(text)) + 1n}`),
      ),
  ],
  [
    "a row that a forced run settled is paid again by the block",
    ["I10", "I2", "I4", "I5"],
    () =>
      tamper(
        PENDING,
        "exceptions",
        (event) => field(event, "exceptions") === '[{"first":0,"count":2,"outcome":5,"reason":1}]',
        () => "[]",
      ),
  ],
  [
    "a void row becomes paid at finality",
    ["I10"],
    () =>
      tamper(
        FINAL,
        "exceptions",
        (event) => field(event, "exceptions")?.includes('"outcome":2') === true && once(),
        () => "[]",
      ),
  ],
  [
    "a block's debit is not what its rows say",
    ["I5"],
    () =>
      tamper(
        PENDING,
        "debited",
        (event) => field(event, "exceptions") === "[]" && once(),
        (text) => JSON.stringify(`${BigInt(JSON.parse(text)) + 7n}`),
      ),
  ],
  [
    "a leaf of the final log is given a place twice",
    ["I10"],
    () =>
      tamper(
        FINAL,
        "log_index",
        (event) => field(event, "log_index") === '"3"',
        () => '"2"',
      ),
  ],
  [
    "coins leave the escrow's account unexplained",
    ["I2"],
    () =>
      tamper(
        "coin_received",
        "amount",
        (event) => field(event, "amount") === "5000ulam" && once(),
        () => "4999ulam",
      ),
  ],
  [
    "a bond shrinks without a slash",
    ["I3"],
    () =>
      tamper(
        "coin_received",
        "amount",
        (event) => field(event, "amount") === "5000000000ulam" && once(),
        () => "1ulam",
      ),
  ],
])("%s: it is noted as %j, told to all, and the index goes on", async (_, invariants, spoil) => {
  first = true;
  const node = spoil();
  await node.start();
  const databaseUrl = await postgres.createDatabase();
  const metrics = prometheusMetrics();
  const logger = recordingLogger();
  const index = await TestIndex.open({ databaseUrl, rpcUrl: node.url, chainId: facts.chain.chainId, metrics, logger });
  expect(await index.catchUp()).toBe(BigInt(facts.chain.heights.length));
  const found = await index.sql<{ invariant: string }[]>`select distinct invariant from index.v1_violations`;
  expect(found.map(({ invariant }) => invariant).sort()).toEqual(invariants);
  expect(index.follower.violations).toBeGreaterThan(0);
  expect(await metrics.render()).toMatch(/lamina_index_violations [1-9]/);
  expect(logger.lines.some(({ level, message }) => level === "error" && message === "the chain broke an invariant")).toBe(true);
  await index.close();
  await node.stop();
});
