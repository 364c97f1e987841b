import { measureCatchUp } from "./catch-up.ts";

/** `node --conditions=lamina-source apps/indexer/src/testing/bench/main.ts [ROWS] [ROWS_PER_BLOCK] [WORKERS] [LANES]` */
const [rows = 100_000, rowsPerBlock = 5_000, workers = 10, lanes = 100] = process.argv.slice(2).map(Number);
process.stdout.write(`${JSON.stringify(await measureCatchUp({ rows, rowsPerBlock, workers, lanes }), null, 2)}\n`);
