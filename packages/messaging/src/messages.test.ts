import { expect, test } from "vitest";
import { decodeMessage, encodeMessage, messageSchemas } from "./messages.ts";

test("a message comes back as it was", () => {
  const bytes = encodeMessage(messageSchemas.signedHead, {
    worker: Uint8Array.of(1),
    level: 1,
    count: 2n ** 63n,
    head: Uint8Array.of(2),
    signature: Uint8Array.of(3),
  });
  expect(decodeMessage(messageSchemas.signedHead, bytes)).toMatchObject({ level: 1, count: 2n ** 63n, worker: Uint8Array.of(1) });
});

test("bytes that are no message are told as such, with the type that was expected", () => {
  for (const bytes of [Uint8Array.of(0xff), Uint8Array.of(0x0a, 0x7f, 1), Uint8Array.of(0x0b)]) {
    expect(() => decodeMessage(messageSchemas.resultRun, bytes)).toThrow(
      `expected a lamina.bus.v1.ResultRun, found ${bytes.length} bytes that are none`,
    );
  }
});
