import { create, fromBinary, hasOption, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { signer } from "./gen/cosmos/msg/v1/msg_pb.ts";
import { rollupTx, transactionSchemas } from "./index.ts";

test("every transaction message has its own type and names who signs it", () => {
  expect(transactionSchemas.length).toBeGreaterThan(0);
  expect(new Set(transactionSchemas.map((schema) => schema.typeName)).size).toBe(transactionSchemas.length);
  for (const schema of transactionSchemas) expect(hasOption(schema, signer), schema.typeName).toBe(true);
});

test("a batch keeps its bytes through protobuf", () => {
  const message = create(rollupTx.MsgSubmitBatchSchema, { submitter: "lamina1qqq", batch: Uint8Array.from([0, 255, 7]) });
  const decoded = fromBinary(rollupTx.MsgSubmitBatchSchema, toBinary(rollupTx.MsgSubmitBatchSchema, message));
  expect(decoded).toEqual(message);
});
