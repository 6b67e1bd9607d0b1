import type { Freeze } from '@plinth/access'
import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export type FreezeRow = Freeze & { id: string; createdBy: string }

const columns = sql`id, domain, ${isoTime(sql`starts_at`)} as "from", ${isoTime(sql`ends_at`)} as until, reason,
  created_by as "createdBy"`

/** Those in force and those to come; ended ones are no part of the policy any more. */
export const listFreezes = (executor: Executor, now: Date): Promise<FreezeRow[]> =>
  rows<FreezeRow>(
    executor,
    sql`select ${columns} from freezes where ends_at > ${now.toISOString()}::timestamptz order by starts_at, id`,
  )

export async function findFreeze(executor: Executor, id: string): Promise<FreezeRow | undefined> {
  const [freeze] = await rows<FreezeRow>(executor, sql`select ${columns} from freezes where id = ${id}`)
  return freeze
}

export const insertFreeze = (tx: Tx, freeze: FreezeRow, now: Date) =>
  tx.execute(sql`insert into freezes (id, domain, starts_at, ends_at, reason, created_at, created_by)
    values (${freeze.id}, ${freeze.domain}, ${freeze.from}::timestamptz, ${freeze.until}::timestamptz,
      ${freeze.reason}, ${now.toISOString()}::timestamptz, ${freeze.createdBy})`)

export const deleteFreeze = (tx: Tx, id: string) => tx.execute(sql`delete from freezes where id = ${id}`)

/** Removes those that have ended; returns them. */
export const deleteEndedFreezes = (tx: Tx, now: Date): Promise<FreezeRow[]> =>
  rows<FreezeRow>(tx, sql`delete from freezes where ends_at <= ${now.toISOString()}::timestamptz returning ${columns}`)

export async function hasEndedFreezes(executor: Executor, now: Date): Promise<boolean> {
  const [row] = await rows<{ found: boolean }>(
    executor,
    sql`select exists (select 1 from freezes where ends_at <= ${now.toISOString()}::timestamptz) as found`,
  )
  return row?.found === true
}

/** A freeze as the policy has it. */
export const freezeOf = ({ domain, from, until, reason }: FreezeRow): Freeze => ({ domain, from, until, reason })
