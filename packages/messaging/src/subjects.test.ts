import fc from "fast-check";
import { expect, test } from "vitest";
import { callSubject, replyFilter, replySubject, resultsDurable, resultsSubject, subjectMatches, workService } from "./subjects.ts";

const gateway = { role: "gateway", id: "g1" } as const;

test("subjects are made of ids as they are", () => {
  expect(resultsSubject("lamina1abc")).toBe("lamina.results.lamina1abc");
  expect(callSubject(workService("w-1_A"))).toBe("lamina.work.w-1_A.call");
  expect(replySubject(workService("w1"), gateway, "i", "7")).toBe("lamina.reply.work.w1.gateway.g1.i.7");
  expect(resultsDurable("s1")).toBe("sequencer-s1");
});

test.each(["", ".", "a.b", "*", ">", "a b", "é", "a\n", "a".repeat(129)])("an id of %j makes no subject", (id) => {
  expect(() => resultsSubject(id)).toThrow(expect.objectContaining({ code: "INVALID_TOKEN" }) as Error);
  expect(() => workService(id)).toThrow();
  expect(() => resultsDurable(id)).toThrow();
});

test("whatever the ids, a reply to one asker falls under its filter and under no other's", () => {
  const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
  fc.assert(
    fc.property(id, id, id, id, id, (worker, asker, other, instance, call) => {
      const subject = replySubject(workService(worker), { role: "gateway", id: asker }, instance, call);
      expect(subjectMatches(replyFilter({ role: "gateway", id: asker }, instance), subject)).toBe(true);
      expect(subjectMatches(replyFilter({ role: "sequencer", id: asker }, instance), subject)).toBe(false);
      expect(subjectMatches(replyFilter({ role: "gateway", id: other }, instance), subject)).toBe(other === asker);
    }),
  );
});

test.each([
  ["a.b", "a.b", true],
  ["a.b", "a.c", false],
  ["a.*", "a.b", true],
  ["a.*", "a.b.c", false],
  ["a.*", "a", false],
  ["a.>", "a.b.c", true],
  ["a.>", "a", false],
  [">", "a", true],
  ["*.b", "a.b", true],
  ["a.b.c", "a.b", false],
])("%s matches %s: %s", (pattern, subject, matches) => {
  expect(subjectMatches(pattern, subject)).toBe(matches);
});
