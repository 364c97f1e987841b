import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RecordedChain } from "./recorded-node.ts";

const REPOSITORY = fileURLToPath(new URL("../../../../", import.meta.url));
const FILE = join(REPOSITORY, "build", "index-facts.json");

/** The chain's own answers at the recording's end; protobuf as hex. See chain/tools/indexfacts/state.go. */
export interface ChainAnswers {
  readonly workers: string;
  readonly sequencers: string;
  readonly models: string;
  readonly lanes: string;
  readonly deposits: Readonly<Record<string, string>>;
  readonly finalLog: string;
  readonly term: string;
  readonly escrow: string;
  readonly registry: string;
  readonly balances: Readonly<Record<string, string>>;
}

export interface IndexFacts {
  readonly chain: RecordedChain;
  readonly state: ChainAnswers;
}

/** What chain/tools/indexfacts records. Go repeats the recording only where its code changed. */
export function indexFacts(): IndexFacts {
  const again = existsSync(FILE) ? [] : ["-count=1"];
  execFileSync("go", ["test", ...again, "./tools/indexfacts"], {
    cwd: join(REPOSITORY, "chain"),
    env: { ...process.env, LAMINA_INDEX_FACTS: FILE },
    stdio: "pipe",
  });
  const facts = JSON.parse(readFileSync(FILE, "utf8")) as {
    chainId: string;
    genesis: object;
    heights: { block: object; results: object }[];
    state: ChainAnswers;
  };
  const heights = facts.heights.map(({ block, results }) => ({ block: JSON.stringify(block), results: JSON.stringify(results) }));
  return { chain: { chainId: facts.chainId, genesis: JSON.stringify(facts.genesis), heights }, state: facts.state };
}
