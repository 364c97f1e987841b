import { checkToken, type Peer } from "./subjects.ts";

/** The stream that keeps signed heads for those who come late. */
export const HEADS_STREAM = "HEADS";

/** The durable consumer of one reader on it; each has its own place, so that none takes another's. */
export function headsDurable({ role, id }: Peer): string {
  return `${role}-${checkToken(id)}`;
}
