import { decodeCursor, isoTime, pageOf, rows, sql, type Executor, type PageOf, type Tx } from '@plinth/store'

export type PinKey = { project: string; subject: string; environment: string }
export type PinRow = {
  subject: string
  environment: string
  version: number
  reason: string
  promotedFrom: string | null
  by: string
  at: string
}
export type PromotionRow = {
  id: string
  subject: string
  from: string | null
  to: string
  version: number | null
  before: number | null
  reason: string
  by: string
  at: string
}

const columns = sql`subject, environment, version, reason, promoted_from as "promotedFrom", pinned_by as by, ${isoTime(sql`pinned_at`)} as at`

export async function findPin(db: Executor, { project, subject, environment }: PinKey): Promise<PinRow | undefined> {
  const [found] = await rows<PinRow>(
    db,
    sql`select ${columns} from pins where project = ${project} and subject = ${subject} and environment = ${environment}`,
  )
  return found
}

export const listPins = (db: Executor, project: string, subjects: readonly string[]): Promise<PinRow[]> =>
  rows<PinRow>(
    db,
    sql`select ${columns} from pins where project = ${project} and subject = any(${sql.param([...subjects])}::text[])`,
  )

export type Move = {
  project: string
  subject: string
  to: string
  from?: string
  version: number
  before?: number
  reason: string
  by: string
  at: Date
}

/** One writer an environment's version at a time. */
export const lockPin = async (tx: Tx, { project, subject, environment }: PinKey): Promise<void> => {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`pin/${project}/${subject}/${environment}`}, 0))`,
  )
}

export async function setPin(tx: Tx, move: Move): Promise<void> {
  const { project, subject, to, from, version, reason, by, at } = move
  await tx.execute(sql`insert into pins (project, subject, environment, version, reason, promoted_from, pinned_by, pinned_at)
    values (${project}, ${subject}, ${to}, ${version}, ${reason}, ${from ?? null}, ${by}, ${at.toISOString()})
    on conflict (project, subject, environment) do update set version = excluded.version, reason = excluded.reason,
      promoted_from = excluded.promoted_from, pinned_by = excluded.pinned_by, pinned_at = excluded.pinned_at`)
  await noteMove(tx, move)
}

export async function removePin(tx: Tx, move: Omit<Move, 'version' | 'from'>): Promise<void> {
  const { project, subject, to } = move
  await tx.execute(sql`delete from pins where project = ${project} and subject = ${subject} and environment = ${to}`)
  await noteMove(tx, move)
}

async function noteMove(tx: Tx, move: Omit<Move, 'version'> & { version?: number }): Promise<void> {
  const { project, subject, to, from, version, before, reason, by, at } = move
  await tx.execute(sql`insert into promotions (project, subject, from_environment, to_environment, version, before, reason, promoted_by, promoted_at)
    values (${project}, ${subject}, ${from ?? null}, ${to}, ${version ?? null}, ${before ?? null}, ${reason}, ${by}, ${at.toISOString()})`)
}

export async function listPromotions(
  db: Executor,
  project: string,
  subject: string,
  { limit = 50, cursor }: { limit?: number; cursor?: string },
): Promise<PageOf<PromotionRow>> {
  const [before] = cursor === undefined ? ['9223372036854775807'] : decodeCursor(cursor, ['string'])
  const last = /^\d{1,18}$/.test(before) ? before : '9223372036854775807'
  const found = await rows<PromotionRow>(
    db,
    sql`select id::text as id, subject, from_environment as "from", to_environment as "to", version, before, reason,
      promoted_by as by, ${isoTime(sql`promoted_at`)} as at
    from promotions where project = ${project} and subject = ${subject} and id < ${last}::bigint order by id desc limit ${limit + 1}`,
  )
  return pageOf(found, limit, ({ id }) => [id])
}
