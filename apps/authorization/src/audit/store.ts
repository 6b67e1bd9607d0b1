import { rows, sql, type Executor, type Tx } from '@plinth/store'

export type StoredEntry = {
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

export type Head = { sequence: number; hash: string }

/** Advisory lock of the ledger's end: `audi` in ASCII. */
const lockKey = 0x61756469

export async function readHead(executor: Executor): Promise<Head> {
  const [head] = await rows<Head>(executor, sql`select sequence::float8 as sequence, hash from audit_head`)
  if (head === undefined) return { sequence: 0, hash: '' }
  return head
}

export async function lockHead(tx: Tx): Promise<Head> {
  await tx.execute(sql`select pg_advisory_xact_lock(${lockKey})`)
  return readHead(tx)
}

export const setHead = (tx: Tx, head: Head) =>
  tx.execute(sql`update audit_head set sequence = ${head.sequence}, hash = ${head.hash}`)

export const insertEntry = (tx: Tx, entry: StoredEntry) =>
  tx.execute(sql`insert into audit_entries
    (sequence, id, source, actor, action, project, object, outcome, detail, request_id, occurred_at, hash)
    values (${entry.sequence}, ${entry.id}, ${entry.source}, ${entry.actor}, ${entry.action}, ${entry.project},
      ${entry.object}, ${entry.outcome}, ${entry.detail}, ${entry.requestId}, ${entry.occurredAt}, ${entry.hash})`)

const columns = sql`sequence::float8 as sequence, id, source, actor, action, project, object, outcome, detail,
  request_id as "requestId", occurred_at as "occurredAt", hash`

export const entriesAfter = (executor: Executor, sequence: number, limit: number): Promise<StoredEntry[]> =>
  rows<StoredEntry>(
    executor,
    sql`select ${columns} from audit_entries where sequence > ${sequence} order by sequence limit ${limit}`,
  )

export type Filter = { project?: string | undefined; actor?: string | undefined; action?: string | undefined }

/** Newest first, before the given sequence where there is one. */
export function listEntries(
  executor: Executor,
  { project, actor, action }: Filter,
  page: { before: number | undefined; limit: number },
): Promise<StoredEntry[]> {
  const conditions = [
    ...(page.before === undefined ? [] : [sql`sequence < ${page.before}`]),
    ...(project === undefined ? [] : [sql`project = ${project}`]),
    ...(actor === undefined ? [] : [sql`actor = ${actor}`]),
    ...(action === undefined ? [] : [sql`action = ${action}`]),
  ]
  const where = conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `)
  return rows<StoredEntry>(
    executor,
    sql`select ${columns} from audit_entries where ${where} order by sequence desc limit ${page.limit}`,
  )
}
