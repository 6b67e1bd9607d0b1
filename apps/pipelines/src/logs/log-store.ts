import { failure } from '@plinth/contracts'
import { rows, type Executor, type Tx, sql } from '@plinth/store'
import type { JobRow } from '../jobs/job-row.ts'

type LogHead = { attempt: number; base: number; received: number; size: number; truncated: boolean }

const headColumns = sql`attempt, base::float8 as base, received::float8 as received, size::float8 as size, truncated`

/** A new attempt writes after what the ones before left; a line tells where it begins. */
export async function beginLog(tx: Tx, job: JobRow, notes: readonly string[]): Promise<void> {
  const [head] = await rows<LogHead>(tx, sql`select ${headColumns} from job_logs where job = ${job.id} for update`)
  const lines = [
    ...(head === undefined ? [] : [`--- attempt ${job.attempt}, on ${job.runner ?? 'a runner'} ---`]),
    ...notes.map((note) => `note: ${note}`),
  ]
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  const position = head?.size ?? 0
  if (bytes.length > 0) await insertChunk(tx, job.id, position, bytes)
  const base = position + bytes.length
  await tx.execute(sql`insert into job_logs (job, attempt, base, received, size) values (${job.id}, ${job.attempt}, ${base}, 0, ${base})
    on conflict (job) do update set attempt = excluded.attempt, base = excluded.base, received = 0, size = excluded.size, truncated = false`)
}

const insertChunk = (tx: Tx, job: string, position: number, bytes: Buffer): Promise<unknown> =>
  tx.execute(sql`insert into job_log_chunks (job, position, bytes) values (${job}, ${position}, ${bytes})`)

/**
 * Takes a piece of the current attempt's log. What was received before is dropped, what lies beyond a gap is refused by
 * the answer: the offset wanted. Beyond the limit bytes are counted and thrown away, and one line says so.
 */
export async function appendLog(
  tx: Tx,
  job: string,
  attempt: number,
  offset: number,
  text: string,
  bytesMax: number,
): Promise<number> {
  const [head] = await rows<LogHead>(tx, sql`select ${headColumns} from job_logs where job = ${job} for update`)
  if (head === undefined || head.attempt !== attempt) throw failure('pipelines.attempt_stale')
  const all = Buffer.from(text)
  if (offset > head.received || offset + all.length <= head.received) return head.received
  const fresh = all.subarray(head.received - offset)
  const received = head.received + fresh.length
  const room = bytesMax - (head.size - head.base)
  const isFull = head.truncated || fresh.length > room
  const notice =
    isFull && !head.truncated ? `\n--- the log is longer than ${bytesMax} bytes; the rest is not kept ---\n` : ''
  const kept = head.truncated
    ? Buffer.alloc(0)
    : Buffer.concat([wholeCharacters(fresh.subarray(0, Math.max(0, room))), Buffer.from(notice)])
  if (kept.length > 0) await insertChunk(tx, job, head.size, kept)
  await tx.execute(
    sql`update job_logs set received = ${received}, size = size + ${kept.length}, truncated = ${isFull} where job = ${job}`,
  )
  return received
}

/** Without the beginning of a character at the end, which a cut by bytes may leave. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return bytes
    if (byte < 0xc0) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return back >= length ? bytes : bytes.subarray(0, bytes.length - back)
  }
  return bytes
}

const readBytesMax = 256 * 1024

/** The next bytes of a log from an offset, some 256 KiB at the most; empty at its end. */
export async function readLog(executor: Executor, job: string, offset: number): Promise<Buffer> {
  const found = await rows<{ position: number; bytes: Buffer }>(
    executor,
    sql`
    with sized as (
      select position, bytes, sum(length(bytes)) over (order by position) - length(bytes) as before
      from (
        select position, bytes from job_log_chunks
        where job = ${job} and position >= coalesce(
          (select max(position) from job_log_chunks where job = ${job} and position <= ${offset}), 0)
        order by position limit 200
      ) near
    )
    select position::float8 as position, bytes from sized where before < ${readBytesMax} order by position`,
  )
  return Buffer.concat(found.map(({ position, bytes }) => bytes.subarray(Math.max(0, offset - position))))
}
