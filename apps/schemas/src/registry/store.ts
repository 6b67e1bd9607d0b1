import type { CompatibilityLevel, SchemaKind } from '@plinth/contracts'
import { isoTime, pageOf, decodeCursor, rows, sql, type Executor, type PageOf, type Tx } from '@plinth/store'

export type SubjectRow = {
  project: string
  name: string
  type: SchemaKind
  compatibility: CompatibilityLevel
  latestVersion: number
  updatedAt: string
}
export type VersionRow = {
  project: string
  subject: string
  version: number
  id: number
  type: SchemaKind
  schema: string
  createdAt: string
  createdBy: string
}

const subjectColumns = sql`s.project, s.name, s.type, s.compatibility, ${isoTime(sql`s.updated_at`)} as "updatedAt",
  (select coalesce(max(v.version), 0) from versions v where v.project = s.project and v.subject = s.name) as "latestVersion"`
const versionColumns = sql`v.project, v.subject, v.version, v.schema_id as id, b.type, b.body as schema,
  ${isoTime(sql`v.created_at`)} as "createdAt", v.created_by as "createdBy"`

/** One writer a subject at a time: two registrations never take the same version number. */
export const lockSubject = async (tx: Tx, project: string, subject: string): Promise<void> => {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${project}/${subject}`}, 0))`)
}

export async function listSubjects(
  db: Executor,
  project: string,
  page: { limit: number; cursor?: string },
): Promise<PageOf<SubjectRow>> {
  const [after] = page.cursor === undefined ? [''] : decodeCursor(page.cursor, ['string'])
  const found = await rows<SubjectRow>(
    db,
    sql`select ${subjectColumns} from subjects s where s.project = ${project} and s.name > ${after} order by s.name limit ${page.limit + 1}`,
  )
  return pageOf(found, page.limit, ({ name }) => [name])
}

export async function findSubject(db: Executor, project: string, name: string): Promise<SubjectRow | undefined> {
  const [found] = await rows<SubjectRow>(
    db,
    sql`select ${subjectColumns} from subjects s where s.project = ${project} and s.name = ${name}`,
  )
  return found
}

export const listVersions = (db: Executor, project: string, subject: string): Promise<VersionRow[]> =>
  rows<VersionRow>(
    db,
    sql`select ${versionColumns} from versions v join schemas b on b.id = v.schema_id
    where v.project = ${project} and v.subject = ${subject} order by v.version desc limit 1000`,
  )

/** A version by number; the newest without one. */
export async function findVersion(
  db: Executor,
  project: string,
  subject: string,
  version?: number,
): Promise<VersionRow | undefined> {
  const [found] = await rows<VersionRow>(
    db,
    sql`select ${versionColumns} from versions v join schemas b on b.id = v.schema_id
    where v.project = ${project} and v.subject = ${subject} and (${version ?? null}::int is null or v.version = ${version ?? null}::int)
    order by v.version desc limit 1`,
  )
  return found
}

export async function findByFingerprint(
  db: Executor,
  project: string,
  subject: string,
  fingerprint: string,
): Promise<VersionRow | undefined> {
  const [found] = await rows<VersionRow>(
    db,
    sql`select ${versionColumns} from versions v join schemas b on b.id = v.schema_id
    where v.project = ${project} and v.subject = ${subject} and b.fingerprint = ${fingerprint}`,
  )
  return found
}

/** The id of a distinct schema, the same for every subject and every time. */
export async function internSchema(
  tx: Tx,
  schema: { fingerprint: string; type: SchemaKind; body: string },
): Promise<number> {
  const find = (): Promise<{ id: number }[]> =>
    rows<{ id: number }>(tx, sql`select id from schemas where fingerprint = ${schema.fingerprint}`)
  const known = await find()
  if (known[0]) return known[0].id
  await tx.execute(
    sql`insert into schemas (fingerprint, type, body) values (${schema.fingerprint}, ${schema.type}, ${schema.body}) on conflict do nothing`,
  )
  const [made] = await find()
  if (!made) throw new Error('a schema that was just written is not there')
  return made.id
}

export async function addVersion(
  tx: Tx,
  version: {
    project: string
    subject: string
    type: SchemaKind
    version: number
    schemaId: number
    at: Date
    by: string
  },
): Promise<void> {
  const { project, subject, type, at } = version
  await tx.execute(sql`insert into subjects (project, name, type, updated_at) values (${project}, ${subject}, ${type}, ${at.toISOString()})
    on conflict (project, name) do update set updated_at = excluded.updated_at, type = excluded.type`)
  await tx.execute(sql`insert into versions (project, subject, version, schema_id, created_at, created_by)
    values (${project}, ${subject}, ${version.version}, ${version.schemaId}, ${at.toISOString()}, ${version.by})`)
}

export const setCompatibility = async (
  tx: Tx,
  project: string,
  name: string,
  compatibility: string,
  at: Date,
): Promise<void> => {
  await tx.execute(
    sql`update subjects set compatibility = ${compatibility}, updated_at = ${at.toISOString()} where project = ${project} and name = ${name}`,
  )
}
