import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { nodeEnv } from "@lamina/primitives/node";
import { expect, test } from "vitest";
import { planOf } from "../testing/plan-of.ts";
import { listeningPorts, parseSocketTable, socketOwner } from "./listening-ports.ts";
import { checkPorts } from "./preconditions.ts";

const env = nodeEnv();

test("a taken port is told with what needs it and who has it", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const inode = (await listeningPorts(env)).get(port);
  expect(inode).toBeDefined();
  expect((await socketOwner(env, inode ?? ""))?.pid).toBe(process.pid);
  const plan = planOf("nats", { ports: [{ port, purpose: "clients" }] });
  await expect(checkPorts(env, [plan])).rejects.toThrow(
    new RegExp(`port ${port}, which nats needs for clients, is taken by process ${process.pid} `),
  );
  server.close();
  await once(server, "close");
  await checkPorts(env, [plan]);
});

test("only listening sockets count", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "   0: 0100007F:5208 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11111 1",
    "   1: 0100007F:5209 0100007F:1000 01 00000000:00000000 00:00000000 00000000     0        0 22222 1",
    "",
  ].join("\n");
  expect(parseSocketTable(table)).toEqual([{ port: 21_000, inode: "11111" }]);
});
