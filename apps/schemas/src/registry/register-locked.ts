import { failure, schemaRegistered } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { appendEvent, recordAudit, type Tx } from '@plinth/store'
import type { LintFinding } from '../governance/lint.ts'
import { again } from './again.ts'
import { judged, type Change, type Registered, type RegisterParts } from './change.ts'
import { prepare, type NewSchema } from './prepare.ts'
import { Incompatible, RegistrationRefused } from './refusals.ts'
import type { Reviews } from './reviews.ts'
import type { Reference, VersionRow } from './rows.ts'
import { readState } from './state.ts'
import { findByFingerprint, findSchema, readVersion } from './store.ts'
import { placeOfReference, type SubjectPlace } from './subject-name.ts'
import * as write from './write-store.ts'

/** Under the subject's lock; what is refused as breaking is kept for a review. */
export async function registerUnderLock(
  parts: RegisterParts,
  who: Identity,
  place: SubjectPlace,
  wanted: NewSchema,
): Promise<Registered> {
  try {
    return await again(() => parts.store.transaction((tx) => registerLocked(tx, parts, who, place, wanted)))
  } catch (error) {
    if (error instanceof Incompatible) error.reviewLink = await parts.reviews.reviewLinkFor(error.change, who)
    throw error
  }
}

async function registerLocked(
  tx: Tx,
  parts: RegisterParts,
  who: Identity,
  place: SubjectPlace,
  wanted: NewSchema,
): Promise<Registered> {
  const { project, subject } = place
  await write.lockSubject(tx, project, subject)
  const { config, mode, latest } = await readState(tx, place)
  const prepared = await prepare(tx, place, wanted, config, latest)
  const same = await findByFingerprint(tx, project, subject, prepared.fingerprint)
  if (same !== undefined && (wanted.id === undefined || wanted.id === same.id)) return { ...same, isNew: false }
  refuseByMode(place, mode, wanted)
  const change = { wanted, config, prepared, latest }
  const { review, warnings } = mode === 'IMPORT' ? asItIs : await admitted(tx, parts, who, place, change)
  const made = await keep(tx, parts.clock.now(), who, place, change)
  if (review !== undefined) {
    const use = { review, version: made.version }
    await parts.reviews.used(tx, who, { ...place, fingerprint: prepared.fingerprint }, use)
  }
  return { ...made, isNew: true, ...(warnings.length > 0 && { warnings }) }
}

function refuseByMode({ project, subject }: SubjectPlace, mode: string, wanted: NewSchema): void {
  const where = `Subject ${subject} in context .${project}`
  if (mode === 'READONLY' || mode === 'READONLY_OVERRIDE')
    throw new RegistrationRefused('read-only', `${where} is in read-only mode`)
  if (mode === 'IMPORT' && wanted.id === undefined)
    throw new RegistrationRefused('importing', `${where} is in import mode; a schema comes with its id there`)
  if (mode !== 'IMPORT' && wanted.id !== undefined)
    throw new RegistrationRefused('not-importing', `${where} is not in import mode; ids are given here`)
}

type Admitted = { review: string | undefined; warnings: LintFinding[] }
/** What is imported stood somewhere already; nobody is asked again. */
const asItIs: Admitted = { review: undefined, warnings: [] }

/** What the rules of the project say, and the review by which a breaking change comes in. */
async function admitted(
  tx: Tx,
  { admit, reviews }: RegisterParts,
  who: Identity,
  place: SubjectPlace,
  change: Change,
): Promise<Admitted> {
  const { schema, content } = change.prepared
  const isFirst = change.latest === undefined
  const warnings = await admit(tx, who, place, { schema, metadata: content.metadata, isFirst })
  return { warnings, review: await refuseBreaking(tx, reviews, place, change) }
}

async function refuseBreaking(
  tx: Tx,
  reviews: Reviews,
  { project, subject }: SubjectPlace,
  { wanted, config, prepared, latest }: Change,
): Promise<string | undefined> {
  const verdict = await judged(tx, { project, subject }, { wanted, config, prepared, latest })
  if (verdict === undefined || verdict.compatible) return undefined
  const { content, body, fingerprint } = prepared
  const key = { project, subject, fingerprint }
  const review = await reviews.approval(tx, key)
  if (review !== undefined) return review
  const { against, incompatibilities } = verdict
  throw new Incompatible(verdict, { ...key, content, body, level: verdict.level, against, incompatibilities })
}

async function keep(
  tx: Tx,
  at: Date,
  who: Identity,
  { project, subject }: SubjectPlace,
  { wanted, prepared }: Pick<Change, 'wanted' | 'prepared'>,
): Promise<VersionRow> {
  const version = await nextVersion(tx, { project, subject }, wanted)
  await holdReferences(tx, project, prepared.content.references)
  const { content, body, fingerprint, guid } = prepared
  const row = { project, body, fingerprint, guid, at, ...content }
  const schemaId = await idFor(tx, row, wanted.id)
  await write.addVersion(tx, { project, subject, type: content.type, version, schemaId, at, by: who.subject })
  // Who registers the bare text next takes these over: answers that were kept in memory are others now.
  if (content.metadata !== null || content.ruleSet !== null) await write.nextGeneration(tx)
  await recordAudit(tx, 'schemas', who, {
    action: 'schema.register',
    project,
    object: `schema/${subject}`,
    detail: { version, id: schemaId },
  })
  await appendEvent(tx, schemaRegistered, {
    project,
    entity: subject,
    actor: who.subject,
    data: { project, subject, version, id: schemaId, schemaType: content.type, actor: who.subject },
  })
  const { type, canonical, metadata, ruleSet } = content
  const references = [...content.references]
  const kept = { project, subject, version, id: schemaId, type, schema: body, canonical, fingerprint, guid }
  return { ...kept, references, metadata, ruleSet, deleted: false, createdAt: at.toISOString(), createdBy: who.subject }
}

/** What a schema refers to stays as long as it is written: who deletes it waits, and finds it referred to. */
async function holdReferences(tx: Tx, project: string, references: readonly Reference[]): Promise<void> {
  for (const { name, subject, version } of references) {
    if (await write.holdVersion(tx, placeOfReference(project, subject), version)) continue
    throw failure('schemas.schema_invalid', {
      detail: `'${name}' refers to version ${version} of '${subject}', which was deleted just now.`,
    })
  }
}

async function idFor(tx: Tx, content: write.NewContent, wanted: number | undefined): Promise<number> {
  if (wanted === undefined) return write.internContent(tx, content)
  if (await write.importContent(tx, content, wanted)) return wanted
  const holder = await findSchema(tx, content.project, wanted)
  const why =
    holder === undefined
      ? 'this schema has another id already'
      : `id ${wanted} stands for another schema; overwriting it is not permitted`
  throw new RegistrationRefused('id-taken', `The id ${wanted} can not be taken: ${why}`)
}

async function nextVersion(tx: Tx, { project, subject }: SubjectPlace, { version, id }: NewSchema): Promise<number> {
  const next = (await write.highestVersion(tx, project, subject)) + 1
  if (version === undefined || version <= 0 || version === next) return next
  // An import may leave out numbers that are deleted where it comes from, and bring them in any order.
  if (id !== undefined && (await readVersion(tx, project, subject, version, { deleted: true })) === undefined)
    return version
  throw new RegistrationRefused('version-not-next', `Version ${version} is not the next one, ${next}`)
}
