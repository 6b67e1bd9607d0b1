import type { LedgerEntry, PartitionHead } from '@plinth/kernel/audit'
import { rows, sql, type Executor, type SQL, type Tx } from '@plinth/store'

export type StoredEntry = {
  position: number
  partition: string
  sequence: number
  id: string
  source: string
  actor: string
  action: string
  project: string
  object: string
  outcome: string
  /** Canonical JSON. */
  detail: string
  requestId: string | null
  occurredAt: string
  hash: string
}

/** Where a partition ends, its row locked; undefined while there is no such partition. */
export async function lockHead(tx: Tx, partition: string): Promise<PartitionHead | undefined> {
  const [head] = await rows<PartitionHead>(
    tx,
    sql`select partition, sequence::float8 as entries, hash as head from audit_partitions where partition = ${partition} for update`,
  )
  return head
}

export const insertPartition = (tx: Tx, { partition, entries, head }: PartitionHead) =>
  tx.execute(sql`insert into audit_partitions (partition, sequence, hash) values (${partition}, ${entries}, ${head})
    on conflict do nothing`)

export const setHead = (tx: Tx, { partition, sequence, hash }: Pick<StoredEntry, 'partition' | 'sequence' | 'hash'>) =>
  tx.execute(sql`update audit_partitions set sequence = ${sequence}, hash = ${hash} where partition = ${partition}`)

export const insertEntry = (tx: Tx, entry: Omit<StoredEntry, 'position'>) =>
  tx.execute(sql`insert into audit_entries
    (partition, sequence, id, source, actor, action, project, object, outcome, detail, request_id, occurred_at, hash)
    values (${entry.partition}, ${entry.sequence}, ${entry.id}, ${entry.source}, ${entry.actor}, ${entry.action},
      ${entry.project}, ${entry.object}, ${entry.outcome}, ${entry.detail}, ${entry.requestId}, ${entry.occurredAt},
      ${entry.hash})`)

const columns = sql`position::float8 as position, partition, sequence::float8 as sequence, id, source, actor, action,
  project, object, outcome, detail, request_id as "requestId", occurred_at as "occurredAt", hash`

export type Filter = {
  project?: string | undefined
  actor?: string | undefined
  action?: string | undefined
  outcome?: string | undefined
  /** An object, or its beginning. */
  object?: string | undefined
  requestId?: string | undefined
  /** As `Date.toISOString` writes it. */
  since?: string | undefined
  until?: string | undefined
}

function conditionsOf(filter: Filter): SQL[] {
  const { project, actor, action, outcome, object, requestId, since, until } = filter
  return [
    ...(project === undefined ? [] : [sql`project = ${project}`]),
    ...(actor === undefined ? [] : [sql`actor = ${actor}`]),
    ...(action === undefined ? [] : [sql`action = ${action}`]),
    // Written out where it has an index of its own, which the planner takes only for a constant.
    ...(outcome === undefined ? [] : [outcome === 'denied' ? sql`outcome = 'denied'` : sql`outcome = ${outcome}`]),
    ...(object === undefined ? [] : [sql`object like ${`${object.replace(/[\\%_]/g, '\\$&')}%`}`]),
    ...(requestId === undefined ? [] : [sql`request_id = ${requestId}`]),
    ...(since === undefined ? [] : [sql`occurred_at >= ${since}`]),
    ...(until === undefined ? [] : [sql`occurred_at < ${until}`]),
  ]
}

/** In the order in which they came: newest first before a position, or oldest first after one. */
export function listEntries(
  executor: Executor,
  filter: Filter,
  page: ({ before: number | undefined } | { after: number }) & { limit: number },
): Promise<StoredEntry[]> {
  const place =
    'after' in page
      ? [sql`position > ${page.after}`]
      : page.before === undefined
        ? []
        : [sql`position < ${page.before}`]
  const conditions = [...place, ...conditionsOf(filter)]
  const where = conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
  const order = 'after' in page ? sql`position` : sql`position desc`
  return rows<StoredEntry>(
    executor,
    sql`select ${columns} from audit_entries where ${where} order by ${order} limit ${page.limit}`,
  )
}

/** Entries of one partition, from one sequence to another, both included. */
export type Range = { partition: string; from: number; to: number }

/** The entries of ranges, those of each in their order; `range` is the index of theirs. */
export const entriesIn = (executor: Executor, ranges: readonly Range[]): Promise<(StoredEntry & { range: number })[]> =>
  rows<StoredEntry & { range: number }>(
    executor,
    sql`select ${sql.raw('(wanted.place - 1)::int')} as range, entry.* from
      jsonb_to_recordset(${JSON.stringify(ranges.map((range, index) => ({ ...range, place: index + 1 })))}::jsonb)
        as wanted(partition text, "from" bigint, "to" bigint, place int)
      join lateral (select ${columns} from audit_entries where audit_entries.partition = wanted.partition
        and audit_entries.sequence between wanted."from" and wanted."to") entry on true
      order by wanted.place, entry.sequence`,
  )

export const partitionEnds = (executor: Executor): Promise<PartitionHead[]> =>
  rows<PartitionHead>(
    executor,
    sql`select partition, sequence::float8 as entries, hash as head from audit_partitions order by partition`,
  )

/** An entry that is beyond where its partition ends: nobody but the ledger writes entries, and it moves the end as well. */
export async function entryBeyond(executor: Executor): Promise<{ partition: string; sequence: number } | undefined> {
  const [beyond] = await rows<{ partition: string; sequence: number }>(
    executor,
    sql`select entry.partition, entry.sequence::float8 as sequence from audit_entries entry
      left join audit_partitions using (partition)
      where entry.sequence > coalesce(audit_partitions.sequence, 0) limit 1`,
  )
  return beyond
}

/** A row as it is hashed, listed and exported. One whose detail was tampered with is still shown. */
export function ledgerEntry(row: StoredEntry): LedgerEntry {
  const { partition, sequence, id, source, actor, action, project, object, outcome, requestId, occurredAt, hash } = row
  return {
    partition, sequence, id, source, actor, action, project, object, outcome, detail: parsed(row.detail),
    ...(requestId !== null && { requestId }), occurredAt, hash,
  } // prettier-ignore
}

/** A detail that is no JSON any more gives another hash, as it should. */
function parsed(detail: string): unknown {
  try {
    return JSON.parse(detail)
  } catch {
    return detail
  }
}
