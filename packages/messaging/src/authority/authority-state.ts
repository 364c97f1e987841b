import { decodeUtf8, encodeUtf8, type FileSystem, Secret } from "@lamina/primitives";
import type { Grantee } from "../permissions.ts";
import { AuthorityStateError } from "./authority-errors.ts";

/** A credential given out and not yet expired. */
export interface Grant {
  readonly grantee: Grantee;
  readonly natsPublicKey: string;
  readonly expiresAtMs: number;
}

export interface AuthorityState {
  readonly operatorSeed: Secret<string>;
  readonly systemAccountSeed: Secret<string>;
  readonly accountSeed: Secret<string>;
  readonly grants: readonly Grant[];
  /** User public key → second up to which its tokens are dead. */
  readonly revocations: Readonly<Record<string, number>>;
}

interface StateFile {
  readonly version: 1;
  readonly seeds: { readonly operator: string; readonly systemAccount: string; readonly account: string };
  readonly grants: readonly Grant[];
  readonly revocations: Readonly<Record<string, number>>;
}

/** Undefined where there is no file. Throws `AuthorityStateError`. */
export async function readAuthorityState(files: FileSystem, path: string): Promise<AuthorityState | undefined> {
  const stat = await files.stat(path);
  if (stat === undefined) return undefined;
  if ((stat.mode & 0o077) !== 0)
    throw new AuthorityStateError({ path, expected: "mode 0600, since it holds keys", found: `mode 0${stat.mode.toString(8)}` });
  const file = parse(path, decodeUtf8(await files.readFile(path)));
  return {
    operatorSeed: new Secret(file.seeds.operator),
    systemAccountSeed: new Secret(file.seeds.systemAccount),
    accountSeed: new Secret(file.seeds.account),
    grants: file.grants,
    revocations: file.revocations,
  };
}

export async function writeAuthorityState(files: FileSystem, path: string, state: AuthorityState): Promise<void> {
  const file: StateFile = {
    version: 1,
    seeds: { operator: state.operatorSeed.reveal(), systemAccount: state.systemAccountSeed.reveal(), account: state.accountSeed.reveal() },
    grants: state.grants,
    revocations: state.revocations,
  };
  await files.writeFileAtomic(path, encodeUtf8(`${JSON.stringify(file, undefined, 2)}\n`), { mode: 0o600 });
}

/** The file is ours and written whole, so its version and its keys are looked at, not every field. */
function parse(path: string, text: string): StateFile {
  let file: Partial<StateFile>;
  try {
    file = JSON.parse(text) as Partial<StateFile>;
  } catch (error) {
    throw new AuthorityStateError({ path, expected: "JSON", found: "something else" }, { cause: error });
  }
  const { version, seeds, grants, revocations } = file;
  if (version !== 1) throw new AuthorityStateError({ path, expected: "version 1", found: `version ${String(version)}` });
  if (seeds === undefined || grants === undefined || revocations === undefined) {
    throw new AuthorityStateError({ path, expected: "seeds, grants and revocations", found: Object.keys(file).join(", ") });
  }
  return { version, seeds, grants, revocations };
}
