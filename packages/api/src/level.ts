import { z } from "zod";

/** Names of the verification levels, with the number each has in a job. Source: docs/spec/job.md. */
export const LEVELS = { optimistic: 1, quorum: 2, hybrid: 3, zk: 4 } as const;
export type LevelName = keyof typeof LEVELS;

/** Levels that this version of the network settles; others are refused by name. */
export const OFFERED_LEVELS: readonly LevelName[] = ["optimistic"];

/** `optimistic`, `quorum`, `quorum:3`, `hybrid`, `zk`: the words are open here, so that an unknown one is answered with what exists. */
export const levelField = z
  .string()
  .min(1)
  .max(32)
  .describe("Verification level. Only `optimistic` is offered yet. The header `lamina-level` says the same where the body cannot.");

export type LevelChoice =
  | { readonly kind: "offered"; readonly name: LevelName; readonly level: number; readonly param: number }
  | { readonly kind: "not-offered"; readonly found: string; readonly offered: readonly LevelName[] };

/** Reads what a client asked for; `optimistic` where it asked for nothing. */
export function readLevel(text: string | undefined): LevelChoice {
  const name = OFFERED_LEVELS.find((each) => each === (text ?? "optimistic"));
  return name === undefined
    ? { kind: "not-offered", found: text ?? "", offered: OFFERED_LEVELS }
    : { kind: "offered", name, level: LEVELS[name], param: 0 };
}
