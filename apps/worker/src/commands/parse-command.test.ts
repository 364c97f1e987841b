import { expect, test } from "vitest";
import { parseCommand } from "./parse-command.ts";

test.each([
  [[], { kind: "run", newState: false }],
  [["run"], { kind: "run", newState: false }],
  [["--new-state"], { kind: "run", newState: true }],
  [["run", "--new-state"], { kind: "run", newState: true }],
  [["keys", "new", "/k"], { kind: "new-key", path: "/k" }],
  [["keys", "show", "/k"], { kind: "show-key", path: "/k" }],
  [["incarnation", "new"], { kind: "new-incarnation" }],
  [["help"], { kind: "help" }],
  [["--help"], { kind: "help" }],
])("%j", (words, command) => {
  expect(parseCommand(words)).toEqual(command);
});

test.each([
  [["run", "--new-stat"]],
  [["keys"]],
  [["keys", "new"]],
  [["keys", "new", "/k", "x"]],
  [["incarnation"]],
  [["sign"]],
])("%j is no command", (words) => {
  expect(parseCommand(words).kind).toBe("usage");
});
