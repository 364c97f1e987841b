import { createPublicKey, verify } from "node:crypto";
import { strictVerifier, type VerifySignature } from "@lamina/codec";

/** The rule of docs/spec/encoding.md around OpenSSL: thousands of flipped bits are judged in seconds. */
export const nativeVerifySignature: VerifySignature = strictVerifier((publicKey, message, signature) => {
  const key = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") } });
  return verify(null, message, key, signature);
});
