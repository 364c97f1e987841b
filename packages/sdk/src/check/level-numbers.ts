import { InvalidRequestError } from "../client/client-error.ts";

const NUMBERS = new Map([
  ["optimistic", 1],
  ["quorum", 2],
  ["hybrid", 3],
  ["zk", 4],
]);

export interface LevelNumbers {
  readonly level: number;
  readonly param: number;
}

/** What a level's words must have become in the signed job: `optimistic`, `quorum:3`, `hybrid`, `zk`. Throws `InvalidRequestError`. */
export function levelNumbers(words: string): LevelNumbers {
  const [name = "", param, ...rest] = words.split(":");
  const level = NUMBERS.get(name);
  const isCommittee = name === "quorum";
  const fits = level !== undefined && rest.length === 0 && (param !== undefined) === isCommittee && /^[1-9][0-9]{0,2}$/.test(param ?? "1");
  if (!fits || Number(param ?? 0) > 255) throw new InvalidRequestError("level", "optimistic, quorum:k, hybrid or zk", JSON.stringify(words));
  return { level, param: Number(param ?? 0) };
}
