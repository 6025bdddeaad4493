/**
 * A join that tells, as corrected.root_id, which statement a charge after approval takes from; `c` is the SQL name of that
 * charge. A correction that only restates names no line that it corrects: that is the first of the same part that was
 * live then.
 */
export function correctedJoin(c: string): string {
  return `cross join lateral (
      select case when ${c}.reverses is not null then (
        select r.settlement_id from charges r where r.agency_id = ${c}.agency_id and r.id = ${c}.reverses)
      else (
        select o.settlement_id from charges o
        where o.agency_id = ${c}.agency_id and o.source_id = ${c}.source_id and o.part = ${c}.part
          and o.payee = ${c}.payee and o.revision < ${c}.revision and o.reverses is null
          and not exists (
            select from charges x
            where x.agency_id = o.agency_id and x.reverses = o.id and x.revision < ${c}.revision)
        order by o.revision limit 1) end as root_id) corrected`;
}
