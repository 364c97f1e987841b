import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { encodeRow, headAfterRows, headBytes, type Row, startHead } from "@lamina/codec";
import { decodeMessage, messageSchemas } from "@lamina/messaging";
import { chainId, type ModelId } from "@lamina/primitives";
import { nodeEd25519Signer } from "@lamina/primitives/node";
import { bus } from "@lamina/protocol";
import { SeededRng } from "@lamina/testing";
import { describe, expect, test } from "vitest";
import { WorkerActor } from "../testing/actors.ts";
import { verifyFast } from "../testing/fake-chain.ts";
import { readRun } from "./read-run.ts";

const HERE = chainId("lamina-test-1");
const ROWS_MAX = 8;
const rng = new SeededRng(9);
const spenders = new Map([[7n, nodeEd25519Signer(rng.bytes(32))]]);
const worker = actorOf("lamina-test-1");
worker.work(6);

function actorOf(chain: string): WorkerActor {
  return new WorkerActor(chainId(chain), rng.bytes(32) as ModelId, spenders, rng.split());
}

type Run = MessageInitShape<typeof bus.ResultRunSchema>;

/** A good run of rows 2 to 5, spoilt. */
function spoilt(change: (run: ReturnType<typeof goodRun>) => Run): Uint8Array {
  return toBinary(bus.ResultRunSchema, create(bus.ResultRunSchema, change(goodRun())));
}

function goodRun() {
  const run = decodeMessage(messageSchemas.resultRun, worker.run(2, 5));
  if (run.head === undefined) throw new Error("a run without its head");
  return { ...run, head: run.head };
}

/** The rows changed, and everything signed anew over them: by the worker's own key, so that only what the rows say can be wrong. */
function resigned(change: (row: Row, at: number) => Row): Uint8Array {
  return spoilt((run) => {
    const rows = worker.rows.slice(2, 5).map(change);
    const previousHead = headAfterRows(startHead(HERE, worker.log), worker.rows.slice(0, 2));
    const statement = { ...worker.log, count: 5n, head: headAfterRows(previousHead, rows) };
    return { ...run, rows: rows.map(encodeRow), head: { ...run.head, ...statement, signature: worker.signer.sign(headBytes(HERE, statement)) } };
  });
}

function read(payload: Uint8Array) {
  return readRun(HERE, payload, verifyFast, ROWS_MAX);
}

test("a good run is read whole", () => {
  const run = read(worker.run(2, 5));
  if (run.kind !== "run") throw new Error(run.reason);
  expect(run.log).toEqual(worker.log);
  expect(run.segment.start).toBe(2n);
  expect(run.segment.rows.map(({ row }) => row)).toEqual(worker.rows.slice(2, 5));
});

describe("a run is refused, and the reason told, where", () => {
  const stranger = actorOf("lamina-test-2");
  stranger.work(2);
  const long = actorOf("lamina-test-1");
  long.work(9);
  const zeros = new Uint8Array(64);
  test.each<[string, Uint8Array, RegExp]>([
    ["it is of another chain (I32)", stranger.run(0, 2), /rows do not lead|wrong head signature/],
    ["its head is forged (T27)", spoilt((run) => ({ ...run, head: { ...run.head, signature: zeros } })), /wrong head signature/],
    ["its head is another run's (T27)", spoilt((run) => ({ ...run, previousHead: new Uint8Array(32) })), /do not lead to the signed head/],
    ["a row was changed after it was signed", spoilt((run) => ({ ...run, rows: [...run.rows].reverse() })), /belongs to another log or place/],
    ["a row stands at another place", resigned((row, at) => (at === 1 ? { ...row, index: 9n } : row)), /row 1 belongs to another log/],
    ["a row is another worker's", resigned((row, at) => (at === 2 ? { ...row, worker: stranger.log.worker } : row)), /row 2 belongs to another log/],
    ["a row is another incarnation's", resigned((row) => ({ ...row, incarnation: 1 })), /row 0 belongs to another log/],
    ["its level is not settled", spoilt((run) => ({ ...run, head: { ...run.head, level: 2 } })), /level 2 of param 0 is not offered/],
    ["it has no rows", spoilt((run) => ({ ...run, rows: [], jobSignatures: [] })), /expected 1..8 rows, found 0/],
    ["it has more rows than a block", long.run(0, 9), /expected 1..8 rows, found 9/],
    ["a job's signature is missing", spoilt((run) => ({ ...run, jobSignatures: run.jobSignatures.slice(1) })), /expected 3 job signatures, found 2/],
    ["its head counts other rows", spoilt((run) => ({ ...run, start: 1n })), /expected a head of count 4, found 5/],
    ["it has no head", spoilt(({ head: _, ...run }) => run), /no head/],
    ["a row is cut short", spoilt((run) => ({ ...run, rows: run.rows.map((row) => row.slice(0, -1)) })), /truncated|202/],
    ["it is noise (T20)", Uint8Array.of(1, 2, 3), /not a ResultRun/],
  ])("%s", (_, payload, reason) => {
    expect(read(payload)).toEqual({ kind: "refused", reason: expect.stringMatching(reason) as string });
  });
});
