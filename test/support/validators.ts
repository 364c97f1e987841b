/** Where validators listen: apps/cli/src/plan/ports.ts. */
const VALIDATORS_AT = 100;
const PORTS_PER_VALIDATOR = 10;
const RPC_AT = 1;
/** As many headers as CometBFT gives in one answer. */
const HEADERS_AT_ONCE = 20;

interface Header {
  readonly height: string;
  readonly app_hash: string;
}

/** RPC addresses of all validators of a devnet at a port base. */
export function validatorRpcs(portBase: number, validators: number): string[] {
  return Array.from({ length: validators }, (_, index) => `http://127.0.0.1:${portBase + VALIDATORS_AT + PORTS_PER_VALIDATOR * index + RPC_AT}`);
}

/** The height of a node's last block. */
export async function heightOf(rpc: string): Promise<number> {
  const { sync_info } = (await ask(rpc, "status")) as { sync_info: { latest_block_height: string } };
  return Number(sync_info.latest_block_height);
}

/** The app hash that a node's header of each height from 1 to `height` carries: of the state after the height before. */
export async function appHashesOf(rpc: string, height: number): Promise<string[]> {
  const hashes: string[] = [];
  for (let first = 1; first <= height; first += HEADERS_AT_ONCE) {
    const last = Math.min(height, first + HEADERS_AT_ONCE - 1);
    const { block_metas } = (await ask(rpc, `blockchain?minHeight=${first}&maxHeight=${last}`)) as { block_metas: { header: Header }[] };
    if (block_metas.length !== last - first + 1) throw new Error(`${rpc}: expected headers ${first} to ${last}, found ${block_metas.length}`);
    for (const { header } of block_metas) hashes[Number(header.height) - 1] = header.app_hash;
  }
  return hashes;
}

async function ask(rpc: string, question: string): Promise<unknown> {
  const response = await fetch(`${rpc}/${question}`);
  const { result, error } = (await response.json()) as { result?: unknown; error?: unknown };
  if (result === undefined) throw new Error(`${rpc}/${question}: ${JSON.stringify(error)}`);
  return result;
}
