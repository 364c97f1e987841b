import type { Sql } from "@lamina/db";

export interface FillShape {
  readonly blocks: number;
  readonly rowsPerBlock: number;
  readonly lanes: number;
}

/** Fills an empty index with lines that look like a chain's: for plans and pages, which need many, not for what they say. */
export async function fillIndex(sql: Sql, { blocks, rowsPerBlock, lanes }: FillShape): Promise<void> {
  await sql`insert into index.operators select n, case when n % 7 = 0 then 'sequencer' else 'worker' end, 'lamina1op' || n, sha256(('key' || n)::bytea), 'U',
    case when n % 5 = 0 then 'jailed' else 'active' end, 18446744073709551615, case when n % 2 = 0 then 'eu' else 'us' end, '{cpu}', '[]', 0, 0, 0, n, n
    from generate_series(1, 20) n`;
  await sql`insert into index.signing_keys select n, sha256(('key' || n)::bytea), n, n from generate_series(1, 20) n`;
  await sql`insert into index.models select n, sha256(('model' || n)::bytea), 'lamina1pub', 'model-' || n, case when n % 2 = 0 then 'embedding' else 'classification' end,
    'Apache-2.0', '\\x00', n from generate_series(1, 4) n`;
  await sql`insert into index.model_versions select 'model-' || n, v::text, n, 'lamina1pub', n from generate_series(1, 4) n, generate_series(1, 3) v`;
  await sql`insert into index.lanes select n, 'lamina1payer' || n % 10, sha256(('spender' || n)::bytea), 1000000, 18446744073709551615, '{}', '{1}', false, false, n, n
    from generate_series(1, ${lanes}::integer) n`;
  await sql`insert into index.deposits select 'lamina1payer' || n, 5, 0 from generate_series(0, 9) n`;
  await sql`insert into index.terms select n, 7 * n, sha256(('key' || 7 * n)::bytea), n, 'registered' from generate_series(1, 2) n`;
  await sql`insert into index.batches select n, sha256(('batch' || n)::bytea), 1, 4 * n - 3, 4, 4 * ${rowsPerBlock}::integer, 1000, 2 * n, now(), sha256(('tx' || n)::bytea), 5000, 'lamina1op7'
    from generate_series(1, ${blocks}::integer / 4) n`;
  await sql`insert into index.blocks (id, kind, term, number, header_hash, rows_root, rows, first_result, level, param, reference_height, charges_ulam, batch_id, tx_hash,
      submitter, accepted_height, debited_ulam, signature_fee_ulam, exceptions, final_height, refunded_ulam, workers_paid_ulam, sequencer_paid_ulam, protocol_paid_ulam,
      final_log_index, final_record)
    select n, case when n % 10 = 0 then 2 else 1 end, case when n % 10 = 0 then 0 else 1 end, n, sha256(('header' || n)::bytea), sha256('root'),
      ${rowsPerBlock}::integer, (n - 1) * ${rowsPerBlock}::integer + 1, 1, 0, n, 300, sha256(('batch' || (n + 3) / 4)::bytea), sha256(('tx' || n)::bytea), 'lamina1op7', n / 2 + 1, 300, 0, '[]',
      n / 2 + 11, 0, 290, 4, 6, n - 1, sha256(('record' || n)::bytea)
    from generate_series(1, ${blocks}::integer) n`;
  await sql`insert into index.runs select n, 0, ${rowsPerBlock}::integer, n % 20 + 1, 0, n, sha256('head'), sha256('signature') from generate_series(1, ${blocks}::integer) n`;
  await sql`insert into index.results
    select n, (n - 1) / ${rowsPerBlock}::integer + 1, n % 20 + 1, n % ${lanes}::integer + 1, n % 4 + 1, 18446744073709551615, 4294967295, 4294967295, 65535, 4294967295,
      18446744073709551615, 18446744073709551615, 18446744073709551615, 18446744073709551615, 18446744073709551615, n % 3 = 0, sha256(('job' || n)::bytea), sha256('h'), sha256('output'),
      case when n % 100 = 0 then 'void' when n % 101 = 0 then 'refunded' else 'paid' end, case when n % 100 = 0 then 'expired' when n % 101 = 0 then 'worker_convicted' else '' end
    from generate_series(1, ${blocks * rowsPerBlock}::integer) n`;
  await sql`insert into index.transfers select n, n / 4 + 1, (array['worker', 'sequencer', 'protocol', 'refund', 'deposited'])[n % 5 + 1], 'lamina1op' || n % 20, 18446744073709551616,
    case when n % 5 < 4 then n % ${blocks}::integer + 1 end, case when n % 5 = 3 then n % ${lanes}::integer + 1 end, null from generate_series(1, ${blocks * 4}::integer) n`;
  await sql`insert into index.faults select n, n, n, 'two heads', 10, 8, 2, 'lamina1reporter' from generate_series(1, 5) n`;
  await sql`insert into index.violations select n, 'I' || n % 3, 'block ' || n, '1', '2' from generate_series(1, 7) n`;
  await sql`insert into index.follower values (1, 'lamina-dev-test', ${blocks}, now(), sha256('block'), '{}', sha256('peak'))`;
  await sql`analyze`;
}
