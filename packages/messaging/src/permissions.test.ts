import { expect, test } from "vitest";
import { type Grantee, permissionsOf } from "./permissions.ts";

const GRANTEES: Grantee[] = [
  { role: "worker", id: "w1" },
  { role: "gateway", id: "g1", spenderIds: ["p1", "p2"] },
  { role: "sequencer", id: "s1" },
  { role: "admin", id: "a1" },
  { role: "system", id: "y1" },
];

test.each(GRANTEES)("a $role gets no JetStream verb without its stream, none that destroys, and no default inbox", (grantee) => {
  const { publish, subscribe } = permissionsOf(grantee);
  for (const subject of publish) {
    expect(subject).not.toMatch(/^(>|\*|_INBOX|\$JS\.>|\$JS\.API\.>|\$SYS\.>)/);
    expect(subject).not.toMatch(/DELETE|PURGE|REMOVE|RESTORE|SNAPSHOT|STEPDOWN/);
    if (subject.startsWith("$JS.API.")) expect(subject).toMatch(/\.(RESULTS|DEAD|HEADS)(\.|$)/);
  }
  for (const subject of subscribe) expect(subject).toMatch(/^lamina\./);
});

test.each(GRANTEES.map((grantee) => ({ ...grantee, id: "x.>" }) as Grantee))("an id with a wildcard gets a $role nothing", (grantee) => {
  expect(() => permissionsOf(grantee)).toThrow(/subject token/);
});

test("a gateway's spender keys are checked as ids are", () => {
  expect(() => permissionsOf({ role: "gateway", id: "g1", spenderIds: ["*"] })).toThrow(/subject token/);
});
