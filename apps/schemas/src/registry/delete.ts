import { schemaVersionsDeleted } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { appendEvent, recordAudit, rows, sql, type Executor, type Tx } from '@plinth/store'
import { removeConfig, removeMode } from './settings.ts'
import type { SubjectPlace } from './subject-name.ts'
import { nextDeletion } from './write-store.ts'

export type VersionState = { version: number; deleted: boolean }

export const listStates = (db: Executor, { project, subject }: SubjectPlace): Promise<VersionState[]> =>
  rows<VersionState>(
    db,
    sql`select version, deleted from versions where project = ${project} and subject = ${subject} order by version`,
  )

/** The same, and nobody comes to refer to one of them until the transaction ends. */
export const lockStates = (tx: Tx, { project, subject }: SubjectPlace): Promise<VersionState[]> =>
  rows<VersionState>(
    tx,
    sql`select version, deleted from versions where project = ${project} and subject = ${subject} order by version for update`,
  )

/** Whether anything refers to one of these versions; before they go for good, what is deleted softly counts as well. */
export async function isReferredTo(
  db: Executor,
  { project, subject }: SubjectPlace,
  versions: readonly number[],
  countDeleted: boolean,
): Promise<boolean> {
  const [found] = await rows<{ one: number }>(
    db,
    sql`select 1 as one from schema_references r join versions v on v.project = r.project and v.schema_id = r.schema_id
    where r.target_project = ${project} and r.target_subject = ${subject}
      and r.target_version = any(${sql.param([...versions])}::integer[]) and (${countDeleted} or not v.deleted) limit 1`,
  )
  return found !== undefined
}

/** Whether anything that is deployed writes or reads one of these versions. */
export async function isDeployed(
  db: Executor,
  { project, subject }: SubjectPlace,
  versions: readonly number[],
): Promise<boolean> {
  const name = `${project}/${subject}`
  const use = JSON.stringify([{ subject: name }])
  const found = await rows(
    db,
    sql`select 1 from deployed d, jsonb_array_elements(d.produces || d.consumes) u
    where (d.produces @> ${use}::jsonb or d.consumes @> ${use}::jsonb) and u ->> 'subject' = ${name}
      and (u -> 'version')::integer = any(${sql.param([...versions])}::integer[]) limit 1`,
  )
  return found.length > 0
}

/** Deletes versions softly: their ids still answer, and nothing is compared with them any more. */
export async function deleteSoftly(tx: Tx, who: Identity, place: SubjectPlace, versions: readonly number[], at: Date) {
  const { project, subject } = place
  await tx.execute(sql`update versions set deleted = true
    where project = ${project} and subject = ${subject} and version = any(${sql.param([...versions])}::integer[])`)
  await newestAgain(tx, place, at)
  await note(tx, who, place, versions, false)
}

/**
 * Deletes versions for good. A content that stands nowhere any more loses its id, which no other one ever gets; a subject
 * without versions loses its settings.
 */
export async function deleteForGood(tx: Tx, who: Identity, place: SubjectPlace, versions: readonly number[], at: Date) {
  const { project, subject } = place
  const gone = await rows<{ id: number }>(
    tx,
    sql`delete from versions where project = ${project} and subject = ${subject}
    and version = any(${sql.param([...versions])}::integer[]) returning schema_id as id`,
  )
  await tx.execute(sql`delete from schemas b where b.project = ${project} and b.id = any(${sql.param(gone.map(({ id }) => id))}::integer[])
    and not exists (select 1 from versions v where v.project = b.project and v.schema_id = b.id)`)
  const left = await listStates(tx, place)
  if (left.length > 0) await newestAgain(tx, place, at)
  else {
    await tx.execute(sql`delete from subjects where project = ${project} and name = ${subject}`)
    await removeConfig(tx, place)
    await removeMode(tx, place)
  }
  await note(tx, who, place, versions, true)
}

async function newestAgain(tx: Tx, { project, subject }: SubjectPlace, at: Date): Promise<void> {
  await tx.execute(sql`update subjects set updated_at = ${at.toISOString()}, latest_version =
    (select coalesce(max(version), 0) from versions where project = ${project} and subject = ${subject} and not deleted)
    where project = ${project} and name = ${subject}`)
}

async function note(
  tx: Tx,
  who: Identity,
  { project, subject }: SubjectPlace,
  versions: readonly number[],
  permanent: boolean,
): Promise<void> {
  await nextDeletion(tx)
  const shown = versions.slice(0, 1_000)
  await recordAudit(tx, 'schemas', who, {
    action: 'schema.delete',
    project,
    object: `schema/${subject}`,
    detail: { versions: shown, permanent },
  })
  await appendEvent(tx, schemaVersionsDeleted, {
    project,
    entity: subject,
    actor: who.subject,
    data: { project, subject, versions: shown, permanent, actor: who.subject },
  })
}
