/** Lines that are hashed at once: 24 bytes each, so that a statement of any length needs half a megabyte of memory. */
const linesPerChunk = 16_384;

/**
 * What else there is to know of a line, in six bits: the component, and flags for the operator's fee, for a correction
 * of an approved statement, and for a currency that is not the statement's (which would be a broken book).
 */
const lineCode = `case c.component when 'BASE' then 0 when 'COMMISSION_PER_LEAD' then 1 when 'COMMISSION_PER_DEAL' then 2
    when 'PLATFORM_FEE' then 3 when 'RETURN_CREDIT' then 4 when 'RESTATEMENT' then 5 when 'CLAWBACK' then 6 else 7 end
  + case when c.payee = 'OPERATOR' then 8 else 0 end + case when c.after_approval then 16 else 0 end
  + case when c.currency <> k.currency then 32 else 0 end`;

/**
 * CTEs that add up and hash the lines of statements, for a `with recursive` whose CTE `statements` (agency_id,
 * root_id, currency, header) says which. They end in `content` with one row for each: line_count, agency_minor,
 * fee_minor, corrected_agency_minor, corrected_fee_minor and content_hash.
 *
 * The hash is SHA-256 over the header and, for each 16,384 lines in the order of their ids, SHA-256 of what each line
 * is in 24 bytes: its id, and (amount × 64 + code) as 8 bytes. It needs nothing but a standard hash, so that whoever
 * has the lines can compute it again.
 *
 * One pass in the order of the index charges_lines, whatever the planner believes of the table, and about as fast as
 * `group by` with sum and sha256(string_agg(… order by id)). Rejected: a sum of 64-bit hashes in parallel (half the
 * time, but PostgreSQL's hash functions are promised to nobody across versions), a hash per line (half as long again),
 * one string for the whole statement (a gigabyte is the end of it), each column of a line as text (three times as long
 * where every second line is a commission or a fee).
 */
export const contentCtes = `
  chunks as (
    select agency_id, root_id, currency, 0 as n, '00000000-0000-0000-0000-000000000000'::uuid as last,
      ${linesPerChunk}::bigint as lines, 0::numeric as total, 0::numeric as fee, 0::numeric as corrected,
      0::numeric as corrected_fee, null::bytea as digest
    from statements
    union all
    select k.agency_id, k.root_id, k.currency, k.n + 1,
      encode(substr(a.bytes, length(a.bytes) - 23, 16), 'hex')::uuid, a.lines, a.total, a.fee, a.corrected,
      a.corrected_fee, sha256(a.bytes)
    from chunks k cross join lateral (
      select count(*) as lines, sum(amount_minor) as total,
        coalesce(sum(amount_minor) filter (where code & 8 <> 0), 0) as fee,
        coalesce(sum(amount_minor) filter (where code & 16 <> 0), 0) as corrected,
        coalesce(sum(amount_minor) filter (where code & 24 = 24), 0) as corrected_fee,
        string_agg(uuid_send(id) || int8send(amount_minor * 64 + code), '' order by id) as bytes
      from (
        select c.id, c.amount_minor, ${lineCode} as code
        from charges c
        where c.agency_id = k.agency_id and c.settlement_id = k.root_id and c.id > k.last
        order by c.id limit ${linesPerChunk}) line) a
    where k.lines = ${linesPerChunk} and a.lines > 0),
  content as (
    select s.agency_id, s.root_id, sum(k.lines) filter (where k.n > 0) as line_count,
      sum(k.total) - sum(k.fee) as agency_minor, sum(k.fee) as fee_minor,
      sum(k.corrected) - sum(k.corrected_fee) as corrected_agency_minor, sum(k.corrected_fee) as corrected_fee_minor,
      encode(sha256(convert_to(s.header, 'UTF8')
        || coalesce(string_agg(k.digest, '' order by k.n) filter (where k.n > 0), '')), 'hex') as content_hash
    from statements s join chunks k on k.agency_id = s.agency_id and k.root_id = s.root_id
    group by s.agency_id, s.root_id, s.header)`;

/** What a statement is besides its lines, as text: the beginning of what is hashed. `alias` is a row of settlements. */
export function headerSql(alias: string): string {
  const parts = ['agency_id', 'root_id', 'buyer_id', 'currency', 'period_start', 'period_end'];
  return `concat_ws(' ', 'statement', ${parts.map((part) => `${alias}.${part}`).join(', ')})`;
}
