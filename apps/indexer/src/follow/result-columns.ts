import type { Row } from "@lamina/codec";
import { ByteColumn } from "./byte-column.ts";

/** What a result's line has beside its row. */
export interface ResultPlace {
  readonly id: bigint;
  readonly blockId: bigint;
  readonly keyId: number;
  readonly modelNo: number;
  readonly isSigned: boolean;
  readonly jobId: Uint8Array;
  readonly outcome: string;
  readonly reason: string;
}

/**
 * Lines of `results`, a column each: thousands arrive in one height, and columns reach Postgres as one array each, without a name or a pair of
 * quotes for every value.
 */
export class ResultColumns {
  readonly ids: string[] = [];
  readonly blockIds: string[] = [];
  readonly keyIds: number[] = [];
  readonly lanes: string[] = [];
  readonly modelNos: number[] = [];
  readonly logIndices: string[] = [];
  readonly incarnations: number[] = [];
  readonly nonces: number[] = [];
  readonly profiles: number[] = [];
  readonly items: number[] = [];
  readonly unitPrices: string[] = [];
  readonly ceilings: string[] = [];
  readonly settleBys: string[] = [];
  readonly units: string[] = [];
  readonly charges: string[] = [];
  readonly signed: string[] = [];
  readonly outcomes: string[] = [];
  readonly reasons: string[] = [];
  readonly jobIds = new ByteColumn();
  readonly hs = new ByteColumn();
  readonly outputs = new ByteColumn();

  get count(): number {
    return this.ids.length;
  }

  add(row: Row, place: ResultPlace): void {
    this.ids.push(`${place.id}`);
    this.blockIds.push(`${place.blockId}`);
    this.keyIds.push(place.keyId);
    this.lanes.push(`${row.lane}`);
    this.modelNos.push(place.modelNo);
    this.logIndices.push(`${row.index}`);
    this.incarnations.push(row.incarnation);
    this.nonces.push(row.nonce);
    this.profiles.push(row.profile);
    this.items.push(row.items);
    this.unitPrices.push(`${row.unitPrice}`);
    this.ceilings.push(`${row.ceiling}`);
    this.settleBys.push(`${row.settleBy}`);
    this.units.push(`${row.units}`);
    this.charges.push(`${row.charge}`);
    this.signed.push(place.isSigned ? "t" : "f");
    this.outcomes.push(place.outcome);
    this.reasons.push(place.reason === "" ? '""' : place.reason);
    this.jobIds.push(place.jobId);
    this.hs.push(row.h);
    this.outputs.push(row.output);
  }
}
