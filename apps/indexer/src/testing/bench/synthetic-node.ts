import { RecordedNode } from "../recorded-node.ts";
import { SyntheticChain } from "./synthetic-chain.ts";

/** The node of a bench as a process of its own: `synthetic-node.ts ROWS ROWS_PER_BLOCK WORKERS LANES`, prints its URL and number of heights. */
const [rows = 0, rowsPerBlock = 1, workers = 1, lanes = 1] = process.argv.slice(2).map(Number);
const chain = SyntheticChain.build({ rows, rowsPerBlock, workers, lanes });
const node = new RecordedNode(chain);
await node.start();
process.stdout.write(`${JSON.stringify({ url: node.url, chainId: chain.chainId, heights: chain.heights.length })}\n`);
