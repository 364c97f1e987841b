/**
 * Lamina's messages and records, generated from proto/ (`npm run generate`). Each definition file is one namespace holding
 * its types, schemas and enums: `registryTx.MsgAddBondSchema`, `rollup.Block`.
 */
import * as bus from "./gen/lamina/bus/v1/bus_pb.ts";
import * as escrow from "./gen/lamina/escrow/v1/escrow_pb.ts";
import * as escrowGenesis from "./gen/lamina/escrow/v1/genesis_pb.ts";
import * as escrowQuery from "./gen/lamina/escrow/v1/query_pb.ts";
import * as escrowTx from "./gen/lamina/escrow/v1/tx_pb.ts";
import * as registryGenesis from "./gen/lamina/registry/v1/genesis_pb.ts";
import * as registryQuery from "./gen/lamina/registry/v1/query_pb.ts";
import * as registry from "./gen/lamina/registry/v1/registry_pb.ts";
import * as registryTx from "./gen/lamina/registry/v1/tx_pb.ts";
import * as rollupGenesis from "./gen/lamina/rollup/v1/genesis_pb.ts";
import * as rollupQuery from "./gen/lamina/rollup/v1/query_pb.ts";
import * as rollup from "./gen/lamina/rollup/v1/rollup_pb.ts";
import * as rollupTx from "./gen/lamina/rollup/v1/tx_pb.ts";

export { transactionSchemas } from "./transaction-schemas.ts";
export {
  bus,
  escrow,
  escrowGenesis,
  escrowQuery,
  escrowTx,
  registry,
  registryGenesis,
  registryQuery,
  registryTx,
  rollup,
  rollupGenesis,
  rollupQuery,
  rollupTx,
};
