import { describe, expect, test } from "vitest";
import { CliError } from "./cli-error.ts";
import { parseCommandLine } from "./command-line.ts";

const nothing = { home: undefined, validators: undefined, workers: undefined, portBase: undefined, once: false, detach: false, isDetached: false };

describe("valid", () => {
  test.each([
    [["up"], { kind: "up", ...nothing }],
    [
      ["up", "--once", "--validators", "4", "--workers=2", "--home", "x", "--port-base", "23000"],
      { kind: "up", ...nothing, once: true, validators: 4, workers: 2, home: "x", portBase: 23_000 },
    ],
    [["up", "--detach"], { kind: "up", ...nothing, detach: true }],
    [["down", "--home", "/h"], { kind: "down", home: "/h", orphansOnly: false }],
    [["status", "--json"], { kind: "status", home: undefined, json: true }],
    [["logs", "nats", "-f", "-n", "5"], { kind: "logs", home: undefined, name: "nats", follow: true, lines: 5 }],
    [["receipt", "get", "ab", "-o", "f"], { kind: "receipt-get", home: undefined, job: "ab", output: "f", checkpointHeight: undefined }],
    [
      ["receipt", "get", "ab", "-o", "f", "--home", "h", "--checkpoint-height", "12"],
      { kind: "receipt-get", home: "h", job: "ab", output: "f", checkpointHeight: 12n },
    ],
    [["receipt", "verify", "f", "--checkpoint", "c"], { kind: "receipt-verify", words: ["f", "--checkpoint", "c"] }],
    [["reset"], { kind: "reset", home: undefined }],
    [["up", "--help"], { kind: "help", page: "up" }],
    [[], { kind: "help", page: "lamina" }],
    [["--version"], { kind: "version" }],
  ] as const)("%j", (words, expected) => {
    expect(parseCommandLine(words)).toEqual(expected);
  });
});

describe("invalid", () => {
  test.each([
    [["dwon"], /no command "dwon"/],
    [["up", "--validator", "3"], /up: Unknown option '--validator'/],
    [["up", "--validators", "0"], /expected --validators 1 to 10, found "0"/],
    [["up", "--validators", "11"], /expected --validators 1 to 10, found "11"/],
    [["up", "--workers", "1e3"], /expected --workers 1 to 80, found "1e3"/],
    [["up", "--port-base", "80"], /expected --port-base from 1024/],
    [["up", "--once", "--detach"], /--once ends .* Give one of them/],
    [["up", "extra"], /up: Unexpected argument 'extra'/],
    [["logs", "a", "b"], /logs takes one name, found a b/],
    [["receipt", "get", "ab"], /receipt get takes one job id and -o FILE/],
    [["receipt", "get", "ab", "-o", "f", "--checkpoint-height", "0"], /expected --checkpoint-height 1 or more, found "0"/],
    [["receipt", "sign"], /receipt does get or verify, found "sign"/],
    [["down", "--home"], /down: Option '--home <value>' argument missing/],
  ] as const)("%j", (words, message) => {
    expect(() => parseCommandLine(words)).toThrow(message);
    expect(() => parseCommandLine(words)).toThrow(CliError);
  });
});
