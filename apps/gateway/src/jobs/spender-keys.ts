import { readKeyFile } from "@lamina/chain-client";
import type { Signer } from "@lamina/codec";
import { BaseError, type FileSystem, toHex } from "@lamina/primitives";
import { nodeEd25519Signer } from "@lamina/primitives/node";

/** A lane names a spender whose private key is not here. */
export class MissingSpenderError extends BaseError<"MISSING_SPENDER"> {
  readonly details: { readonly spenderKey: string; readonly found: readonly string[] };
  constructor(details: { spenderKey: string; found: readonly string[] }) {
    super("MISSING_SPENDER", `expected the private key of spender ${details.spenderKey}, found those of ${details.found.join(", ") || "none"}`);
    this.details = details;
  }
}

/** A spender's key that signs at once: a job waits for nothing but its own signature. */
export interface SpenderSigner extends Signer {
  sign(message: Uint8Array): Uint8Array;
}

/** The private keys of the lanes' spenders, from files of mode 0600 (T62). They sign jobs and spend roots, and never leave this object. */
export class SpenderKeys {
  readonly #signers: ReadonlyMap<string, SpenderSigner>;

  private constructor(signers: ReadonlyMap<string, SpenderSigner>) {
    this.#signers = signers;
  }

  /** `paths`: a key file each, 64 hex digits of the ed25519 seed. Throws `KeyFileError`. */
  static async load(files: FileSystem, paths: readonly string[]): Promise<SpenderKeys> {
    const signers = new Map<string, SpenderSigner>();
    for (const path of paths) {
      const signer = nodeEd25519Signer(await readKeyFile({ files }, path));
      signers.set(toHex(signer.publicKey), signer);
    }
    return new SpenderKeys(signers);
  }

  /** Public keys in hex. */
  get ids(): string[] {
    return [...this.#signers.keys()];
  }

  has(spenderKey: Uint8Array): boolean {
    return this.#signers.has(toHex(spenderKey));
  }

  /** Throws `MissingSpenderError`. */
  signer(spenderKey: Uint8Array): SpenderSigner {
    const name = toHex(spenderKey);
    const found = this.#signers.get(name);
    if (found === undefined) throw new MissingSpenderError({ spenderKey: name, found: this.ids });
    return found;
  }
}
