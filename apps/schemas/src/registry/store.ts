import { decodeCursor, isoTime, pageOf, rows, sql, type Executor, type PageOf, type SQL } from '@plinth/store'
import type { SchemaRow, SubjectRow, VersionRow, WhichVersion } from './rows.ts'

export const schemaColumns = sql`b.project, b.id, b.kind as type, b.body as schema, coalesce(b.canonical, b.body) as canonical,
  b.fingerprint, b.guid::text as guid, b.refs as "references", b.metadata, b.rule_set as "ruleSet"`
export const versionColumns = sql`${schemaColumns}, v.subject, v.version, v.deleted,
  ${isoTime(sql`v.created_at`)} as "createdAt", v.created_by as "createdBy"`
export const fromVersions = sql`from versions v join schemas b on b.project = v.project and b.id = v.schema_id`

/** The level that holds for a subject: its own, its project's, that of all, BACKWARD. */
const levelOfSubject = sql`coalesce(
  (select c.settings ->> 'compatibilityLevel' from scope_configs c where c.settings ? 'compatibilityLevel' and
    (c.project, c.subject) in ((s.project, s.name), (s.project, ''), ('', '')) order by c.project desc, c.subject desc limit 1),
  'BACKWARD')`
const subjectColumns = sql`s.project, s.name, s.type, ${levelOfSubject} as compatibility,
  s.latest_version as "latestVersion", ${isoTime(sql`s.updated_at`)} as "updatedAt"`

export async function listSubjects(
  db: Executor,
  project: string,
  page: { limit: number; cursor?: string },
): Promise<PageOf<SubjectRow>> {
  const [after] = page.cursor === undefined ? [''] : decodeCursor(page.cursor, ['string'])
  const found = await rows<SubjectRow>(
    db,
    sql`select ${subjectColumns} from subjects s where s.project = ${project} and s.name > ${after} and s.latest_version > 0
    order by s.name limit ${page.limit + 1}`,
  )
  return pageOf(found, page.limit, ({ name }) => [name])
}

/** A subject that has a version which is not deleted. */
export async function findSubject(db: Executor, project: string, name: string): Promise<SubjectRow | undefined> {
  const [found] = await rows<SubjectRow>(
    db,
    sql`select ${subjectColumns} from subjects s where s.project = ${project} and s.name = ${name} and s.latest_version > 0`,
  )
  return found
}

/** Versions of a subject, newest first; `limit` of them at the most. */
export const listVersions = (
  db: Executor,
  project: string,
  subject: string,
  { deleted = false, limit = 1000 }: { deleted?: boolean; limit?: number } = {},
): Promise<VersionRow[]> =>
  rows<VersionRow>(
    db,
    sql`select ${versionColumns} ${fromVersions} where v.project = ${project} and v.subject = ${subject}
    and (${deleted} or not v.deleted) order by v.version desc limit ${limit}`,
  )

/** A version by its number or the newest; one that is deleted only where `deleted` asks for those too. */
export async function readVersion(
  db: Executor,
  project: string,
  subject: string,
  version?: WhichVersion,
  { deleted = false }: { deleted?: boolean } = {},
): Promise<VersionRow | undefined> {
  const which = typeof version === 'number' ? sql`and v.version = ${version}` : sql``
  const [found] = await rows<VersionRow>(
    db,
    sql`select ${versionColumns} ${fromVersions} where v.project = ${project} and v.subject = ${subject} ${which}
    and (${deleted} or not v.deleted) order by v.version desc limit 1`,
  )
  return found
}

async function firstVersion(db: Executor, project: string, subject: string, condition: SQL, deleted: boolean) {
  const [found] = await rows<VersionRow>(
    db,
    sql`select ${versionColumns} ${fromVersions} where v.project = ${project} and v.subject = ${subject} and ${condition}
    and (${deleted} or not v.deleted) order by v.version desc limit 1`,
  )
  return found
}

/** The version of a subject that has exactly this content. */
export const findByFingerprint = (
  db: Executor,
  project: string,
  subject: string,
  fingerprint: string,
  deleted = false,
): Promise<VersionRow | undefined> => firstVersion(db, project, subject, sql`b.fingerprint = ${fingerprint}`, deleted)

/** The newest version of a subject with this text and these references, whatever its metadata and rules. */
export const findByText = (
  db: Executor,
  project: string,
  subject: string,
  text: { type: string; canonical: string; references: unknown },
  deleted = false,
): Promise<VersionRow | undefined> =>
  firstVersion(
    db,
    project,
    subject,
    sql`b.kind = ${text.type} and coalesce(b.canonical, b.body) = ${text.canonical} and b.refs = ${JSON.stringify(text.references)}::jsonb`,
    deleted,
  )

export async function findSchema(db: Executor, project: string, id: number): Promise<SchemaRow | undefined> {
  const [found] = await rows<SchemaRow>(
    db,
    sql`select ${schemaColumns} from schemas b where b.project = ${project} and b.id = ${id}`,
  )
  return found
}
