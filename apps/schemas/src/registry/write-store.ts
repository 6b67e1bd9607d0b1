import type { SchemaKind } from '@plinth/contracts'
import { rows, sql, wakeAfterCommit, type Executor, type Tx } from '@plinth/store'
import type { Metadata, Reference, RuleSet } from './rows.ts'
import { placeOfReference } from './subject-name.ts'

/** One writer a subject at a time: two registrations never take the same version number. */
export const lockSubject = async (tx: Tx, project: string, subject: string): Promise<void> => {
  await tx.execute(sql`select pg_advisory_xact_lock(${lockKeyOf(project, subject)})`)
}
export const lockKeyOf = (project: string, subject: string) => sql`hashtextextended(${`${project}/${subject}`}, 0)`

export const generationTopic = 'registry-generation'
/** Deletions count in the upper half of one number, all else in the lower, so that one row tells both. */
const deletionStep = 2n ** 32n

export type Generation = { value: string; deletions: string }

/** Settings or what is inherited are others from the commit of this on: what was concluded from them is wrong. */
export const nextGeneration = async (tx: Tx): Promise<void> => {
  await tx.execute(sql`update registry_generation set value = value + 1`)
  wakeAfterCommit(tx, generationTopic)
}

/** Something is gone from the commit of this on: whatever is kept in memory is wrong. */
export const nextDeletion = async (tx: Tx): Promise<void> => {
  await tx.execute(sql`update registry_generation set value = value + ${deletionStep.toString()}::bigint`)
  wakeAfterCommit(tx, generationTopic)
}

export async function readGeneration(db: Executor): Promise<Generation> {
  const [found] = await rows<{ value: string }>(db, sql`select value::text as value from registry_generation`)
  const value = found?.value ?? '0'
  return { value, deletions: (BigInt(value) / deletionStep).toString() }
}

export type NewContent = {
  project: string
  type: SchemaKind
  body: string
  canonical: string
  fingerprint: string
  guid: string
  references: readonly Reference[]
  metadata: Metadata | null
  ruleSet: RuleSet | null
  at: Date
}

/** The id of this content in its project, where it has one. */
export async function idOfContent(db: Executor, project: string, fingerprint: string): Promise<number | undefined> {
  const [found] = await rows<{ id: number }>(
    db,
    sql`select id from schemas where project = ${project} and fingerprint = ${fingerprint}`,
  )
  return found?.id
}

/**
 * The id of a content, given to it now unless it has one. Of two transactions that give one at once, the second waits
 * for the first by the unique fingerprint, and then finds the first one's.
 */
export async function internContent(tx: Tx, content: NewContent): Promise<number> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const made = await insertContent(tx, content, sql`nextval('schema_ids')`)
    if (made !== undefined) {
      await writeReferences(tx, made, content)
      return made
    }
    const known = await idOfContent(tx, content.project, content.fingerprint)
    if (known !== undefined) return known
    // The number was an imported one: the next will do.
  }
  throw new Error('a schema that was just written is not there')
}

/** Keeps a content under an id that somebody else gave it; false where the id or the content has another partner. */
export async function importContent(tx: Tx, content: NewContent, id: number): Promise<boolean> {
  await passSequence(tx, id)
  if ((await insertContent(tx, content, sql`${id}::integer`)) === undefined)
    return (await idOfContent(tx, content.project, content.fingerprint)) === id
  await writeReferences(tx, id, content)
  return true
}

const idsAheadOfImport = 1_000
/** An id beyond this leaves the sequence where it is: one import must not use up the numbers of everybody. */
const idMaxToPass = 1_500_000_000

/**
 * Numbers that the sequence gives from now on are beyond this one. ALTER SEQUENCE waits for those who use it and makes
 * others wait until the end of this transaction; a bare setval could set it back behind a number that is given meanwhile.
 */
async function passSequence(tx: Tx, id: number): Promise<void> {
  const reached = async (): Promise<boolean> => {
    const [found] = await rows<{ last: string }>(tx, sql`select last_value::text as last from schema_ids`)
    return Number(found?.last ?? 0) > id
  }
  if (id > idMaxToPass || (await reached())) return
  await tx.execute(sql`alter sequence schema_ids cache 1`)
  if (await reached()) return
  await tx.execute(sql`alter sequence schema_ids restart with ${sql.raw(String(id + idsAheadOfImport))}`)
}

type IdSource = ReturnType<typeof sql>

async function insertContent(tx: Tx, content: NewContent, id: IdSource): Promise<number | undefined> {
  const { project, type, body, canonical, fingerprint, guid, references, metadata, ruleSet, at } = content
  const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))
  const [made] = await rows<{ id: number }>(
    tx,
    sql`insert into schemas (project, id, kind, body, canonical, fingerprint, guid, refs, metadata, rule_set, created_at)
    values (${project}, ${id}, ${type}, ${body}, ${canonical === body ? null : canonical}, ${fingerprint}, ${guid},
      ${JSON.stringify(references)}::jsonb, ${json(metadata)}::jsonb, ${json(ruleSet)}::jsonb, ${at.toISOString()})
    on conflict do nothing returning id`,
  )
  return made?.id
}

async function writeReferences(tx: Tx, id: number, { project, references }: NewContent): Promise<void> {
  for (const { subject, version } of references) {
    const target = placeOfReference(project, subject)
    await tx.execute(sql`insert into schema_references (project, schema_id, target_project, target_subject, target_version)
      values (${project}, ${id}, ${target.project}, ${target.subject}, ${version})`)
  }
}

/** Keeps a version from being deleted for good until the transaction ends; false where it is not there. */
export async function holdVersion(
  tx: Tx,
  { project, subject }: { project: string; subject: string },
  version: number,
): Promise<boolean> {
  const held = await rows(
    tx,
    sql`select 1 from versions where project = ${project} and subject = ${subject} and version = ${version} for share`,
  )
  return held.length > 0
}

export type NewVersion = {
  project: string
  subject: string
  type: SchemaKind
  version: number
  schemaId: number
  at: Date
  by: string
}

/** A version with its subject, in one statement; one of the same content that was deleted is no more. */
export async function addVersion(
  tx: Tx,
  { project, subject, type, version, schemaId, at, by }: NewVersion,
): Promise<void> {
  await tx.execute(sql`delete from versions
    where project = ${project} and subject = ${subject} and schema_id = ${schemaId} and deleted`)
  await tx.execute(sql`insert into subjects (project, name, type, latest_version, updated_at)
    values (${project}, ${subject}, ${type}, ${version}, ${at.toISOString()})
    on conflict (project, name) do update set updated_at = excluded.updated_at, type = excluded.type,
      latest_version = greatest(subjects.latest_version, excluded.latest_version)`)
  await tx.execute(sql`insert into versions (project, subject, version, schema_id, created_at, created_by)
    values (${project}, ${subject}, ${version}, ${schemaId}, ${at.toISOString()}, ${by})`)
}

/** The highest number that a version of the subject has, deleted ones too. */
export async function highestVersion(db: Executor, project: string, subject: string): Promise<number> {
  const [found] = await rows<{ highest: number }>(
    db,
    sql`select coalesce(max(version), 0) as highest from versions where project = ${project} and subject = ${subject}`,
  )
  return found?.highest ?? 0
}
