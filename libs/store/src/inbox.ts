import { subjectOf } from '@plinth/contracts'
import { AppError, newId, type DeadLetter, type IncomingEvent, type Inbox } from '@plinth/kernel'
import { sql } from './drizzle.ts'
import { isoTime, rows, type Db, type Tx } from './database.ts'
import { mapDatabaseError, sqlState } from './errors.ts'
import { decodeCursor, pageOf, type PageOf } from './cursor.ts'
import type { Transact } from './transaction.ts'

/**
 * Once in effect: the note of the event id and the effect are one transaction. A second delivery that comes while the
 * first still runs waits for it at the primary key, and then finds it done, or does it itself if that one failed.
 */
export function createInbox(db: Db, transaction: Transact): Inbox<Tx> {
  return {
    once: (consumer, event, work) =>
      transaction(async (tx) => {
        const noted = await tx.execute(sql`insert into plinth_inbox (consumer, event_id)
          values (${consumer}, ${event.id}) on conflict do nothing`)
        if (noted.rowCount !== 1) return 'duplicate'
        await work(tx)
        return 'done'
      }),
    async bury(consumer, event, error) {
      await db.execute(sql`
        insert into plinth_dead_letters (id, consumer, event_id, event_type, subject, error, attempts, body)
        values (${newId('ddl')}, ${consumer}, ${event.id}, ${event.type}, ${subjectIn(event)},
          ${reasonOf(error)}, ${event.attempt}, ${storableJson(event)}::jsonb)
        on conflict (consumer, event_id) do update set error = excluded.error, attempts = excluded.attempts`)
    },
  }
}

/** JSON as jsonb takes it: it holds no NUL and no half of a surrogate pair, and neither may keep an event unburied. */
const storableJson = (value: unknown): string =>
  JSON.stringify(value).replace(/\\(?:\\|u0000|ud[89a-f][0-9a-f]{2})/g, (escape) =>
    escape === '\\\\' ? escape : '\\ufffd',
  )

/** Even an event whose type is nonsense must find its grave. */
function subjectIn(event: IncomingEvent): string {
  try {
    return subjectOf(event.type, event.project, event.entity)
  } catch {
    return event.type
  }
}

/** For an administrator's eyes: what went wrong, without SQL, parameters or a stack. */
function reasonOf(error: unknown): string {
  const known = sqlState(error) === undefined ? error : mapDatabaseError(error)
  const text = known instanceof AppError ? `${known.code}: ${known.publicDetail}` : String(known)
  return text.slice(0, 2_000).replaceAll('\u0000', '\uFFFD')
}

export type DeadLetters = {
  /** Newest first, `limit` a page (50 unless given, 200 at the most). */
  list(page?: { limit?: number; cursor?: string }): Promise<PageOf<DeadLetter>>
  get(id: string): Promise<DeadLetter | undefined>
  /** False when there is none of that id. */
  remove(id: string): Promise<boolean>
}

const columns = sql`id, consumer, event_id as "eventId", event_type as "eventType", subject, error, attempts, body,
  ${isoTime(sql`created_at`)} as "createdAt"`

/** Microseconds since 1970: the whole precision of the column, and still a safe integer. */
const micros = sql`(extract(epoch from created_at) * 1000000)::bigint`

const withoutMicros = (letter: DeadLetter): DeadLetter => {
  const { id, consumer, eventId, eventType, subject, error, attempts, createdAt, body } = letter
  return { id, consumer, eventId, eventType, subject, error, attempts, createdAt, body }
}

export function createDeadLetters(db: Db): DeadLetters {
  return {
    async list({ limit = 50, cursor } = {}) {
      const size = Math.min(Math.max(limit, 1), 200)
      const [time, id] = cursor === undefined ? [] : decodeCursor(cursor, ['number', 'string'])
      const before = time === undefined ? sql`true` : sql`(${micros}, id) < (${time}::bigint, ${id})`
      const found = await rows<DeadLetter & { micros: number }>(
        db,
        sql`select ${columns}, ${micros}::float8 as micros from plinth_dead_letters
          where ${before} order by created_at desc, id desc limit ${size + 1}`,
      )
      const page = pageOf(found, size, (last) => [last.micros, last.id])
      return { ...page, items: page.items.map(withoutMicros) }
    },
    async get(id) {
      const [found] = await rows<DeadLetter>(db, sql`select ${columns} from plinth_dead_letters where id = ${id}`)
      return found
    },
    async remove(id) {
      const removed = await db.execute(sql`delete from plinth_dead_letters where id = ${id}`)
      return removed.rowCount === 1
    },
  }
}
