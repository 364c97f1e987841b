import { publicKey } from "@lamina/primitives";
import { expect, test } from "vitest";
import { chooseWorker, type WorkerLoad } from "./choose-worker.ts";

function worker(name: string, change: Partial<WorkerLoad> = {}): WorkerLoad {
  return { name, signingKey: publicKey(new Uint8Array(32)), unitPrice: 3n, latencyMs: 10, waiting: 0, sessions: 1, ...change };
}

const chosen = (workers: WorkerLoad[], turn = 0) => chooseWorker(workers, turn)?.name;

test("nobody where there is nobody", () => expect(chosen([])).toBeUndefined());
test("the faster one", () => expect(chosen([worker("slow", { latencyMs: 30 }), worker("fast")])).toBe("fast"));
test("the one with the shorter queue for its sessions", () =>
  expect(chosen([worker("long", { waiting: 4 }), worker("wide", { waiting: 4, sessions: 4 })])).toBe("wide"));
test("the cheaper one, until it is that much slower", () => {
  const cheap = worker("cheap", { unitPrice: 1n });
  expect(chosen([worker("dear", { unitPrice: 3n }), cheap])).toBe("cheap");
  expect(chosen([worker("dear", { unitPrice: 3n }), { ...cheap, waiting: 3 }])).toBe("dear");
});
test("equals in turn", () => expect([0, 1, 2].map((turn) => chosen([worker("a"), worker("b")], turn))).toEqual(["a", "b", "a"]));
test("one that nobody measured yet counts as fast", () => expect(chosen([worker("new", { latencyMs: 0 }), worker("old")])).toBe("new"));
