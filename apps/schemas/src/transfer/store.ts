import type { TransferredSettings } from '@plinth/contracts'
import { decodeCursor, encodeCursor, rows, sql, type Executor, type Tx } from '@plinth/store'
import type { VersionRow } from '../registry/rows.ts'
import { versionColumns } from '../registry/store.ts'
import type { SubjectPlace } from '../registry/subject-name.ts'

const pageBytesMax = 2 * 1_048_576
const versionMax = 2_147_483_647

export type ExportedPage = { versions: VersionRow[]; settings: TransferredSettings[]; nextCursor?: string }

/** Versions in the order of their subjects and numbers, with the settings of the subjects that this page came to. */
export async function readPage(
  db: Executor,
  project: string,
  { limit, cursor }: { limit: number; cursor?: string },
): Promise<ExportedPage> {
  const [subject, after] = cursor === undefined ? ['', 0] : decodeCursor(cursor, ['string', 'number'])
  const version = Math.min(Math.max(Math.floor(after), 0), versionMax)
  // How much text stands before a row decides whether it is of this page; so one row is always.
  const found = await rows<VersionRow & { there: string }>(
    db,
    sql`select * from (
      select ${versionColumns}, count(*) over ()::text as there,
        sum(length(b.body)) over (order by v.subject, v.version) - length(b.body) as before
      from (select * from versions where project = ${project} and (subject, version) > (${subject}, ${version})
        order by subject, version limit ${limit + 1}) v
      join schemas b on b.project = v.project and b.id = v.schema_id
    ) found where before <= ${pageBytesMax} order by subject, version`,
  )
  const versions = found.slice(0, limit)
  const last = versions.at(-1)
  const isLast = versions.length === Number(found[0]?.there ?? 0)
  const from = cursor === undefined ? sql`true` : sql`subject > ${subject}`
  const to = isLast ? sql`true` : sql`subject <= ${last?.subject ?? ''}`
  const settings = await rows<TransferredSettings>(
    db,
    sql`select subject, settings from scope_configs where project = ${project} and ${from} and ${to} order by subject`,
  )
  if (isLast || last === undefined) return { versions, settings }
  return { versions, settings, nextCursor: encodeCursor([last.subject, last.version]) }
}

/** The version of a subject that is this schema and is not deleted; there is one at the most. */
export async function liveVersionOf(tx: Tx, place: SubjectPlace, schemaId: number): Promise<number | undefined> {
  const [found] = await rows<{ version: number }>(
    tx,
    sql`select version from versions where project = ${place.project} and subject = ${place.subject}
    and schema_id = ${schemaId} and not deleted`,
  )
  return found?.version
}

export type Imported = SubjectPlace & {
  version: number
  schemaId: number
  type: string
  deleted: boolean
  at: Date
  by: string
}

/** A version as it stands elsewhere; other versions of the subject, deleted ones of the same schema too, stay. */
export async function addImported(tx: Tx, one: Imported): Promise<void> {
  const { project, subject, version, schemaId, type, deleted, by } = one
  const at = one.at.toISOString()
  const newest = deleted ? 0 : version
  await tx.execute(sql`insert into subjects as s (project, name, type, latest_version, updated_at)
    values (${project}, ${subject}, ${type}, ${newest}, ${at})
    on conflict (project, name) do update set updated_at = excluded.updated_at,
      type = case when excluded.latest_version >= s.latest_version then excluded.type else s.type end,
      latest_version = greatest(s.latest_version, excluded.latest_version)`)
  await tx.execute(sql`insert into versions (project, subject, version, schema_id, deleted, created_at, created_by)
    values (${project}, ${subject}, ${version}, ${schemaId}, ${deleted}, ${at}, ${by})`)
}

/** Makes a version that is there deleted, or no longer so. */
export async function setDeleted(
  tx: Tx,
  { project, subject }: SubjectPlace,
  version: number,
  deleted: boolean,
): Promise<void> {
  await tx.execute(sql`update versions set deleted = ${deleted}
    where project = ${project} and subject = ${subject} and version = ${version}`)
  await tx.execute(sql`update subjects set latest_version =
    (select coalesce(max(version), 0) from versions where project = ${project} and subject = ${subject} and not deleted)
    where project = ${project} and name = ${subject}`)
}
