import type { CompatibilityLevel, SchemaKind, SchemaReviewState } from '@plinth/contracts'
import { decodeCursor, isoTime, pageOf, rows, sql, type Executor, type PageOf, type Tx } from '@plinth/store'
import type { Incompatibility } from '../formats/format.ts'
import type { ContentKey } from '../registry/reviews.ts'
import type { Reference } from '../registry/rows.ts'

export type ReviewRow = {
  id: string
  project: string
  subject: string
  type: SchemaKind
  state: SchemaReviewState
  against: number
  level: CompatibilityLevel
  problems: number
  incompatibilities: Incompatibility[]
  askedBy: string
  askedAt: string
  lastAskedAt: string
  attempts: number
  decidedBy: string | null
  decidedAt: string | null
  reason: string | null
  expiresAt: string | null
  version: number | null
}
export type ReviewContent = { schema: string; references: Reference[] }

/** What was refused, and why. */
export type Refusal = ContentKey & {
  type: SchemaKind
  schema: string
  references: readonly Reference[]
  level: CompatibilityLevel
  incompatibilities: readonly Incompatibility[]
}

/** The version that is newest now; what was decided against another one says nothing any more. */
const newest = ({ project, subject }: Pick<ContentKey, 'project' | 'subject'>) =>
  sql`coalesce((select latest_version from subjects where project = ${project} and name = ${subject}), 0)`

/** Pending reviews older than this are gone; those that were decided are kept four times as long. */
const retentionDays = 30
const kept = sql`r.last_asked_at > now() - ${retentionDays} * (case when r.state = 'pending' then 1 else 4 end) * interval '1 day'`
const incompatibilitiesMax = 200

const columns = sql`r.id, r.project, r.subject, r.type, r.against, r.level, r.problems, r.incompatibilities,
  case when r.state = 'approved' and r.expires_at <= now() then 'expired' else r.state end as state,
  r.asked_by as "askedBy", ${isoTime(sql`r.asked_at`)} as "askedAt", ${isoTime(sql`r.last_asked_at`)} as "lastAskedAt",
  r.attempts, r.decided_by as "decidedBy", ${isoTime(sql`r.decided_at`)} as "decidedAt", r.reason,
  ${isoTime(sql`r.expires_at`)} as "expiresAt", r.version`

export async function listReviews(
  db: Executor,
  project: string,
  { state, subject, limit, cursor }: { state?: string; subject?: string; limit: number; cursor?: string },
): Promise<PageOf<ReviewRow>> {
  const after =
    cursor === undefined
      ? sql``
      : sql`and (r.asked_at, r.id) < (select a.asked_at, a.id from reviews a where a.id = ${decodeCursor(cursor, ['string'])[0]} and a.project = ${project})`
  const found = await rows<ReviewRow>(
    db,
    sql`select * from (select ${columns}, r.asked_at from reviews r where r.project = ${project} and ${kept} ${after}
      ${subject === undefined ? sql`` : sql`and r.subject = ${subject}`}) r
    where ${state ?? null}::text is null or r.state = ${state ?? null}::text
    order by r.asked_at desc, r.id desc limit ${limit + 1}`,
  )
  return pageOf(found, limit, ({ id }) => [id])
}

export async function findReview(
  db: Executor,
  { project, subject, review }: { project: string; subject: string; review: string },
  lock: 'lock' | 'look' = 'look',
): Promise<(ReviewRow & ReviewContent) | undefined> {
  const [found] = await rows<ReviewRow & ReviewContent>(
    db,
    sql`select ${columns}, r.body as schema, r.refs as "references" from reviews r
    where r.id = ${review} and r.project = ${project} and r.subject = ${subject} and ${kept}
    ${lock === 'lock' ? sql`for update` : sql``}`,
  )
  return found
}

export const askersOf = async (db: Executor, review: string): Promise<string[]> =>
  (
    await rows<{ subject: string }>(
      db,
      sql`select subject from review_askers where review = ${review} order by subject limit 1000`,
    )
  ).map(({ subject }) => subject)

/** An approval that holds now: of this content, given against the version that is the newest. */
export async function findApproval(tx: Tx, key: ContentKey): Promise<ReviewRow | undefined> {
  const [found] = await rows<ReviewRow>(
    tx,
    sql`select ${columns} from reviews r where r.project = ${key.project} and r.subject = ${key.subject}
      and r.fingerprint = ${key.fingerprint} and r.against = ${newest(key)} and r.state = 'approved' and r.expires_at > now()
    for update`,
  )
  return found
}

/** One refusal of a project is noted at a time, so that limits hold and no content is kept twice. */
export const lockProject = async (tx: Tx, project: string): Promise<void> => {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`reviews/${project}`}, 0))`)
}

/** How many of a subject wait, and how much the project has waiting: what is beyond is not kept. */
export async function waiting(tx: Tx, { project, subject }: ContentKey): Promise<{ subjects: number; bytes: number }> {
  const [found] = await rows<{ subjects: number; bytes: number }>(
    tx,
    sql`select count(*) filter (where r.subject = ${subject})::int as subjects, coalesce(sum(r.size_bytes), 0)::float8 as bytes
    from reviews r where r.project = ${project} and r.state = 'pending' and ${kept}`,
  )
  return found ?? { subjects: 0, bytes: 0 }
}

export async function findByContent(tx: Tx, key: ContentKey): Promise<ReviewRow | undefined> {
  const [found] = await rows<ReviewRow>(
    tx,
    sql`select ${columns} from reviews r where r.project = ${key.project} and r.subject = ${key.subject}
      and r.fingerprint = ${key.fingerprint} and r.against = ${newest(key)} for update`,
  )
  return found
}

const toldBytesMax = 262_144

/** The generated payloads go first where there is too much to keep. */
function textOf(incompatibilities: readonly Incompatibility[]): string {
  const told = incompatibilities.slice(0, incompatibilitiesMax)
  const text = JSON.stringify(told)
  if (text.length <= toldBytesMax) return text
  const short = told
    .slice(0, 50)
    .map(({ rule, path, message }) => ({ rule, path: path.slice(0, 1_000), message: message.slice(0, 1_000) }))
  return JSON.stringify(short)
}

export async function insertReview(tx: Tx, id: string, refusal: Refusal, by: string, at: Date): Promise<void> {
  const { project, subject, type, schema, references, fingerprint, level, incompatibilities } = refusal
  const told = textOf(incompatibilities)
  await tx.execute(sql`insert into reviews (id, project, subject, type, body, refs, fingerprint, against, level,
      incompatibilities, problems, size_bytes, asked_by, asked_at, last_asked_at)
    values (${id}, ${project}, ${subject}, ${type}, ${schema}, ${JSON.stringify(references)}::jsonb, ${fingerprint},
      ${newest(refusal)}, ${level}, ${told}::jsonb, ${incompatibilities.length}, ${Buffer.byteLength(schema) + told.length},
      ${by}, ${at.toISOString()}, ${at.toISOString()})`)
}

/** Tried once more. `reopen`: what was decided about it no longer holds. */
export async function askAgain(tx: Tx, id: string, at: Date, reopen: boolean): Promise<void> {
  await tx.execute(sql`update reviews set last_asked_at = ${at.toISOString()}, attempts = least(attempts + 1, 1000000)
    ${reopen ? sql`, state = 'pending', decided_by = null, decided_at = null, reason = null, expires_at = null, version = null` : sql``}
    where id = ${id}`)
}

export async function addAskers(tx: Tx, id: string, subjects: readonly string[]): Promise<void> {
  const values = sql.join(
    subjects.map((subject) => sql`(${id}, ${subject})`),
    sql`, `,
  )
  await tx.execute(sql`insert into review_askers (review, subject) values ${values} on conflict do nothing`)
}

export type Decision = { state: 'approved' | 'rejected'; by: string; at: Date; reason: string; expiresAt?: Date }

export async function decide(tx: Tx, id: string, { state, by, at, reason, expiresAt }: Decision): Promise<void> {
  await tx.execute(sql`update reviews set state = ${state}, decided_by = ${by}, decided_at = ${at.toISOString()},
    reason = ${reason}, expires_at = ${expiresAt?.toISOString() ?? null} where id = ${id}`)
}

export async function markUsed(tx: Tx, id: string, version: number): Promise<void> {
  await tx.execute(sql`update reviews set state = 'used', version = ${version} where id = ${id}`)
}

/** Takes away what is past its time. */
export async function dropOld(db: Executor, project: string): Promise<void> {
  await db.execute(sql`delete from reviews where id in
    (select r.id from reviews r where r.project = ${project} and not (${kept}) limit 1000)`)
}
