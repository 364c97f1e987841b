import type { DescMessage } from "@bufbuild/protobuf";
import { Msg as EscrowMsg } from "./gen/lamina/escrow/v1/tx_pb.ts";
import { Msg as RegistryMsg } from "./gen/lamina/registry/v1/tx_pb.ts";
import { Msg as RollupMsg } from "./gen/lamina/rollup/v1/tx_pb.ts";

/** Schemas of every message that a transaction may carry, for a client's type registry: type URL `/` + `typeName`. */
export const transactionSchemas: readonly DescMessage[] = [RegistryMsg, EscrowMsg, RollupMsg].flatMap((service) =>
  service.methods.map((method) => method.input),
);
