import { createPublicKey, verify } from "node:crypto";
import { fromHex } from "@lamina/primitives";
import { loadVectors } from "@lamina/testing";
import { expect, test } from "vitest";
import { isSignatureWellFormed, publicKeyProblem, verifyEd25519Strict } from "./ed25519.ts";

interface SignatureInput {
  publicKey: string;
  message: string;
  signature: string;
}

/** The native verifier with the checks in front that encoding.md asks for. */
function verifyNatively(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKeyProblem(publicKey) !== undefined || !isSignatureWellFormed(signature)) return false;
  const key = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") } });
  return verify(null, message, key, signature);
}

test.each(loadVectors<SignatureInput, boolean>("ed25519/verify"))("$name", ({ input, expected }) => {
  const [publicKey, message, signature] = [fromHex(input.publicKey), fromHex(input.message), fromHex(input.signature)];
  expect(verifyEd25519Strict(publicKey, message, signature)).toBe(expected);
  expect(verifyNatively(publicKey, message, signature)).toBe(expected);
});

test.each(loadVectors<{ publicKey: string }, string | null>("ed25519/public-key"))("key: $name", ({ input, expected }) => {
  expect(publicKeyProblem(fromHex(input.publicKey)) ?? null).toBe(expected);
});

test("each kind of unusable key is refused for its own reason", () => {
  const identity = fromHex(`01${"00".repeat(31)}`);
  const negativeZero = fromHex(`01${"00".repeat(30)}80`);
  const primePlusThree = fromHex(`f0${"ff".repeat(30)}7f`);
  expect(publicKeyProblem(identity)).toBe("small order");
  expect(publicKeyProblem(negativeZero)).toBe("non-canonical");
  expect(publicKeyProblem(primePlusThree)).toBe("non-canonical");
  expect(publicKeyProblem(fromHex(`02${"00".repeat(31)}`))).toBe("not on the curve");
  expect(publicKeyProblem(identity.subarray(1))).toBe("wrong length");
});
