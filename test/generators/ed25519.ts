import { publicKeyProblem, verifyEd25519Strict } from "@lamina/codec";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { flipBit, hex, seededBytes, seededNumber } from "./seeded.ts";

const { Point } = ed25519;
const { n: order, p: prime } = Point.CURVE();
type Point = InstanceType<typeof Point>;

interface SignatureCase {
  name: string;
  publicKey: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
  expected: boolean;
}

const littleEndian = (value: bigint): Uint8Array => Uint8Array.from({ length: 32 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
const toNumber = (bytes: Uint8Array): bigint => bytes.toReversed().reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const challenge = (r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint => toNumber(sha512(join(r, a, message))) % order;
const scalar = (...seed: (string | number)[]): bigint => toNumber(seededBytes(32, ...seed)) % order;

/** A point of order 8: any point times the group order keeps only its torsion part. */
const torsion = findTorsion();

function findTorsion(): Point {
  for (let y = 2n; ; y += 1n) {
    try {
      const point = Point.fromBytes(littleEndian(y), false);
      const part = point.multiplyUnsafe(order - 1n).add(point);
      if (!part.double().double().is0()) return part;
    } catch {
      // Half of all y have no x.
    }
  }
}

const torsionTimes = (times: number): Point => Array.from({ length: times }).reduce<Point>((sum) => sum.add(torsion), Point.ZERO);

/** Every encoding of a small-order point that a lax decoder takes: the eight canonical ones, y + p, and x = 0 with its sign bit set. */
function smallOrderEncodings(): { name: string; bytes: Uint8Array }[] {
  const canonical = Array.from({ length: 8 }, (_, times) => ({ name: `small order, torsion ${times}`, bytes: torsionTimes(times).toBytes() }));
  const sign = 1n << 255n;
  return [
    ...canonical,
    { name: "identity with the sign bit", bytes: littleEndian(1n | sign) },
    { name: "order 2 with the sign bit", bytes: littleEndian((prime - 1n) | sign) },
    { name: "order 4 as y = p", bytes: littleEndian(prime) },
    { name: "order 4 as y = p with the sign bit", bytes: littleEndian(prime | sign) },
    { name: "identity as y = p + 1", bytes: littleEndian(prime + 1n) },
    { name: "identity as y = p + 1 with the sign bit", bytes: littleEndian((prime + 1n) | sign) },
  ];
}

/** A signature that skips no step but lets the caller choose key, torsion parts and how R is spelled. */
function craft(
  name: string,
  expected: boolean,
  options: { secret: bigint; nonce: bigint; message: Uint8Array; keyTorsion?: number; nonceTorsion?: number; nonceBytes?: Uint8Array },
): SignatureCase {
  const { secret, nonce, message, keyTorsion = 0, nonceTorsion = 0 } = options;
  const publicKey = Point.BASE.multiplyUnsafe(secret).add(torsionTimes(keyTorsion)).toBytes();
  const r = options.nonceBytes ?? Point.BASE.multiplyUnsafe(nonce).add(torsionTimes(nonceTorsion)).toBytes();
  const s = (nonce + challenge(r, publicKey, message) * secret) % order;
  return { name, publicKey, message, signature: join(r, littleEndian(s)), expected };
}

function validCases(): SignatureCase[] {
  return [0, 1, 32, 33, 200, 1024].map((length) => {
    const secretKey = seededBytes(32, "ed25519", length);
    const message = seededBytes(length, "message", length);
    return {
      name: `holds, ${length} bytes`,
      publicKey: ed25519.getPublicKey(secretKey),
      message,
      signature: ed25519.sign(message, secretKey),
      expected: true,
    };
  });
}

function spoiltCases(): SignatureCase[] {
  const base = validCases()[3];
  if (base === undefined) throw new Error("no base case");
  const s = toNumber(base.signature.subarray(32));
  const r = base.signature.subarray(0, 32);
  const withS = (name: string, value: bigint): SignatureCase => ({ ...base, name, signature: join(r, littleEndian(value)), expected: false });
  const flips = Array.from({ length: 24 }, (_, at) => {
    const bit = at === 0 ? 511 : seededNumber(512, "flip", at);
    return { ...base, name: `signature bit ${bit} flipped`, signature: flipBit(base.signature, bit), expected: false };
  });
  const keyFlips = Array.from({ length: 8 }, (_, at) => {
    const bit = at === 0 ? 255 : seededNumber(256, "key flip", at);
    return { ...base, name: `key bit ${bit} flipped`, publicKey: flipBit(base.publicKey, bit), expected: false };
  });
  return [
    withS("S plus the group order", s + order),
    withS("S is the group order", order),
    withS("S is zero", 0n),
    withS("S negated", order - s),
    withS("S of all ones", (1n << 256n) - 1n),
    ...Array.from({ length: 14 }, (_, times) => times + 2)
      .filter((times) => s + BigInt(times) * order < 1n << 256n)
      .map((times) => withS(`S plus ${times} group orders`, s + BigInt(times) * order)),
    { ...base, name: "another message", message: flipBit(base.message, 3), expected: false },
    { ...base, name: "signature of 63 bytes", signature: base.signature.subarray(0, 63), expected: false },
    { ...base, name: "signature of 65 bytes", signature: join(base.signature, Uint8Array.of(0)), expected: false },
    { ...base, name: "empty signature", signature: new Uint8Array(), expected: false },
    { ...base, name: "key of 31 bytes", publicKey: base.publicKey.subarray(0, 31), expected: false },
    { ...base, name: "key of 33 bytes", publicKey: join(base.publicKey, Uint8Array.of(0)), expected: false },
    ...flips,
    ...keyFlips,
  ];
}

/** Keys of small order: without a check of the key most of these hold for any message. */
function smallOrderKeyCases(): SignatureCase[] {
  return smallOrderEncodings().flatMap(({ name, bytes }) => {
    const message = seededBytes(20, "small order", name);
    const nonce = scalar("small order nonce", name);
    const plain = Point.BASE.multiplyUnsafe(nonce).toBytes();
    return [
      { name: `key: ${name}, R = [S]B`, publicKey: bytes, message, signature: join(plain, littleEndian(nonce)), expected: false },
      { name: `key: ${name}, R and S zero`, publicKey: bytes, message, signature: join(Point.ZERO.toBytes(), littleEndian(0n)), expected: false },
    ];
  });
}

/** R of small order: the equation holds for the identity, and verifiers in the field disagree about it. */
function commitmentCases(): SignatureCase[] {
  const secret = scalar("commitment secret");
  const message = seededBytes(20, "commitment");
  const identity = smallOrderEncodings();
  return identity.map(({ name, bytes }) => craft(`R: ${name}`, false, { secret, nonce: 0n, message, nonceBytes: bytes }));
}

/** Keys and nonces with a torsion part: the cofactored rule accepts all of these, ours only where the torsion cancels. */
function mixedOrderCases(): SignatureCase[] {
  const secret = scalar("mixed secret");
  const byKey = Array.from({ length: 40 }, (_, at) => {
    const message = seededBytes(12, "mixed", at);
    const nonce = scalar("mixed nonce", at);
    const keyTorsion = 1 + (at % 7);
    const crafted = craft(`key with torsion ${keyTorsion}, message ${at}`, false, { secret, nonce, message, keyTorsion });
    const k = challenge(crafted.signature.subarray(0, 32), crafted.publicKey, message);
    const cancels = (k * BigInt(keyTorsion)) % 8n === 0n;
    return { ...crafted, name: `${crafted.name}${cancels ? ", torsion cancels" : ""}`, expected: cancels };
  });
  const smallNonce = smallOrderNonceCases(secret);
  const byNonce = [1, 2, 4, 7].map((nonceTorsion) =>
    craft(`R with torsion ${nonceTorsion}`, false, {
      secret,
      nonce: scalar("r nonce", nonceTorsion),
      message: seededBytes(12, "r", nonceTorsion),
      nonceTorsion,
    }),
  );
  return [...byKey, ...byNonce, ...smallNonce];
}

/** A key with torsion and S = k·a leave R = −k·T: of small order, and the byte comparison alone would take it where it matches. */
function smallOrderNonceCases(secret: bigint): SignatureCase[] {
  const publicKey = Point.BASE.multiplyUnsafe(secret).add(torsion).toBytes();
  return Array.from({ length: 8 }, (_, times) => {
    const nonceBytes = torsionTimes(times).toBytes();
    for (let at = 0; ; at += 1) {
      const message = seededBytes(12, "small nonce", times, at);
      const k = challenge(nonceBytes, publicKey, message);
      if ((k + BigInt(times)) % 8n !== 0n) continue;
      const signature = join(nonceBytes, littleEndian((k * secret) % order));
      return { name: `R of torsion ${times} under a key with torsion, equation holds`, publicKey, message, signature, expected: false };
    }
  });
}

/** Signatures under the one rule of docs/spec/encoding.md. */
export function verifyVectors(): unknown[] {
  const cases = [...validCases(), ...spoiltCases(), ...smallOrderKeyCases(), ...commitmentCases(), ...mixedOrderCases()];
  return cases.map(({ name, publicKey, message, signature, expected }) => {
    if (verifyEd25519Strict(publicKey, message, signature) !== expected) throw new Error(`${name}: expected ${expected}`);
    return { name, input: { publicKey: hex(publicKey), message: hex(message), signature: hex(signature) }, expected };
  });
}

/** Public keys and why each is refused; null where it is not. */
export function publicKeyVectors(): unknown[] {
  const sign = 1n << 255n;
  const numbers = Array.from({ length: 24 }, (_, y) => BigInt(y)).flatMap((y) => [y, y | sign]);
  const nonCanonical = Array.from({ length: 19 }, (_, y) => prime + BigInt(y)).flatMap((y) => [y, y | sign]);
  const keys: [string, Uint8Array][] = [
    ...validCases().map(({ name, publicKey }): [string, Uint8Array] => [`key of: ${name}`, publicKey]),
    ...numbers.map((y): [string, Uint8Array] => [`y = ${y & ~sign}${y & sign ? ", sign bit" : ""}`, littleEndian(y)]),
    ...nonCanonical.map((y): [string, Uint8Array] => [`y = p + ${(y & ~sign) - prime}${y & sign ? ", sign bit" : ""}`, littleEndian(y)]),
    ...smallOrderEncodings().map(({ name, bytes }): [string, Uint8Array] => [name, bytes]),
    ["a point with torsion that is not of small order", Point.BASE.add(torsion).toBytes()],
    ["no bytes", new Uint8Array()],
    ["31 bytes", Point.BASE.toBytes().subarray(0, 31)],
    ["33 bytes", join(Point.BASE.toBytes(), Uint8Array.of(0))],
  ];
  return keys.map(([name, publicKey]) => ({ name, input: { publicKey: hex(publicKey) }, expected: publicKeyProblem(publicKey) ?? null }));
}
