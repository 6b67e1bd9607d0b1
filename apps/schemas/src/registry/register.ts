import { failure, schemaRegistered, type CompatibilityLevel, type SchemaKind } from '@plinth/contracts'
import type { Clock, Identity } from '@plinth/kernel'
import { appendEvent, recordAudit, type Executor, type Store, type Tx } from '@plinth/store'
import type { Schema } from '../formats/format.ts'
import type { Admission } from '../governance/admission.ts'
import type { LintFinding } from '../governance/lint.ts'
import { fingerprintOf, type Content } from './fingerprint.ts'
import { judge, type Verdict } from './judge.ts'
import { combineMetadata, combineRules } from './merge.ts'
import { parseWith } from './parsed.ts'
import type { BreakingChange, Reviews } from './reviews.ts'
import type { Metadata, Reference, RuleSet, VersionRow } from './rows.ts'
import { readConfig, readMode, type Config } from './settings.ts'
import { findByFingerprint, findByText, findSchema, listVersions, readVersion } from './store.ts'
import { placeOfReference, type SubjectPlace } from './subject-name.ts'
import * as write from './write-store.ts'

export type NewSchema = {
  type: SchemaKind
  /** Empty: the text of the newest version, for a change of metadata or rules alone. */
  schema: string
  references?: readonly Reference[]
  metadata?: Metadata | null
  ruleSet?: RuleSet | null
  normalize?: boolean
  /** In mode IMPORT: the id, and maybe the version, that it has elsewhere. */
  id?: number
  version?: number
}

export type RegisterParts = {
  store: Pick<Store, 'db' | 'transaction'>
  clock: Clock
  reviews: Reviews
  /** Throws where the subject takes nothing, or a rule of the project refuses it; answers what else the rules say. */
  admit: Admission
  /** Throws where the caller may not read what his schema refers to in another project. */
  mayRead(who: Identity, place: SubjectPlace): Promise<void>
}

/** What is refused for a reason that Confluent's API has a number for. */
export class RegistrationRefused extends Error {
  override readonly name = 'RegistrationRefused'
  readonly reason: 'read-only' | 'importing' | 'not-importing' | 'id-taken' | 'version-not-next'
  constructor(reason: RegistrationRefused['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** It breaks those who read or write an earlier version. */
export class Incompatible extends Error {
  override readonly name = 'Incompatible'
  readonly verdict: Verdict
  readonly change: BreakingChange
  reviewLink: string | undefined
  constructor(verdict: Verdict, change: BreakingChange) {
    super('incompatible')
    this.verdict = verdict
    this.change = change
  }
}

export type Prepared = { content: Content; schema: Schema; body: string; fingerprint: string; guid: string }

/** A text as it would be kept in a subject: read, with what its configuration adds and what it takes over from the newest version. */
export async function prepare(
  db: Executor,
  { project, subject }: SubjectPlace,
  wanted: NewSchema,
  config: Config,
  latest: VersionRow | undefined,
): Promise<Prepared> {
  const copied = wanted.schema === '' && latest !== undefined
  const type = copied ? latest.type : wanted.type
  const text = copied ? latest.schema : wanted.schema
  const references = copied ? latest.references : await settled(db, project, wanted.references ?? [])
  if (text === '') throw failure('schemas.schema_invalid', { detail: `The schema of '${subject}' is empty.` })
  const schema = await parseWith(db, { project, type, schema: text, references })
  const normalize = wanted.normalize ?? config.normalize ?? false
  const canonical = normalize ? schema.normalized() : schema.canonical
  const metadata = combineMetadata(config.defaultMetadata, wanted.metadata ?? latest?.metadata, config.overrideMetadata)
  const ruleSet = combineRules(config.defaultRuleSet, wanted.ruleSet ?? latest?.ruleSet, config.overrideRuleSet)
  const content: Content = { type, canonical, references, metadata, ruleSet }
  // A descriptor says nothing to a reader; its text does.
  const body = normalize || (type === 'PROTOBUF' && /^[A-Za-z0-9+/=\s]+$/.test(text)) ? canonical : text
  return { content, schema, body, ...fingerprintOf(content) }
}

/** References with the number of the version that `latest` (-1) is now. */
async function settled(db: Executor, project: string, references: readonly Reference[]): Promise<Reference[]> {
  const found: Reference[] = []
  for (const { name, subject, version } of references) {
    const place = placeOfReference(project, subject)
    const row = version < 0 ? await readVersion(db, place.project, place.subject) : undefined
    found.push({ name, subject, version: row?.version ?? version })
  }
  return found
}

export type Registered = VersionRow & { isNew: boolean; warnings?: LintFinding[] }

/** Registers in a subject: the same content again answers the version that it has, without any lock. */
export function registration(parts: RegisterParts) {
  const { store } = parts

  async function look(db: Executor, place: SubjectPlace, wanted: NewSchema) {
    const { effective: config } = await readConfig(db, place)
    const latest = await readVersion(db, place.project, place.subject)
    const prepared = await prepare(db, place, wanted, config, latest)
    const same = await findByFingerprint(db, place.project, place.subject, prepared.fingerprint)
    return { config, latest, prepared, same }
  }

  return async (who: Identity, place: SubjectPlace, wanted: NewSchema): Promise<Registered> => {
    for (const { subject } of wanted.references ?? []) {
      const target = placeOfReference(place.project, subject)
      if (target.project !== place.project) await parts.mayRead(who, target)
    }
    const first = await look(store.db, place, wanted)
    if (first.same !== undefined && (wanted.id === undefined || wanted.id === first.same.id))
      return { ...first.same, isNew: false }
    try {
      return await store.transaction(async (tx) => {
        await write.lockSubject(tx, place.project, place.subject)
        const { config, latest, prepared, same } = await look(tx, place, wanted)
        if (same !== undefined && (wanted.id === undefined || wanted.id === same.id)) return { ...same, isNew: false }
        const { effective: mode } = await readMode(tx, place)
        refuseByMode(place, mode, wanted)
        const change = { wanted, config, prepared, latest }
        const { review, warnings } = mode === 'IMPORT' ? asItIs : await admitted(tx, parts, who, place, change)
        const made = await keep(tx, parts.clock.now(), who, place, change)
        if (review !== undefined) {
          const use = { review, version: made.version }
          await parts.reviews.used(tx, who, { ...place, fingerprint: prepared.fingerprint }, use)
        }
        return { ...made, isNew: true, ...(warnings.length > 0 && { warnings }) }
      })
    } catch (error) {
      if (error instanceof Incompatible) error.reviewLink = await parts.reviews.reviewLinkFor(error.change, who)
      throw error
    }
  }
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

type Change = { wanted: NewSchema; config: Config; prepared: Prepared; latest: VersionRow | undefined }

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
  const level: CompatibilityLevel | undefined = config.compatibilityLevel
  if (latest === undefined || level === 'NONE') return undefined
  const all = level?.endsWith('_TRANSITIVE') === true || config.compatibilityGroup !== undefined
  const versions = all && wanted.version !== -1 ? await listVersions(tx, project, subject) : [latest]
  const candidate = { schema: prepared.schema, metadata: prepared.content.metadata }
  const verdict = await judge(tx, config, candidate, versions)
  if (verdict.compatible) return undefined
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

/** The version that a subject has of a text: of exactly this content, or where it came without metadata and rules of the text. */
export async function lookUp(
  db: Executor,
  place: SubjectPlace,
  wanted: NewSchema,
  deleted: boolean,
): Promise<VersionRow | undefined> {
  const { effective: config } = await readConfig(db, place)
  const prepared = await prepare(db, place, wanted, config, await readVersion(db, place.project, place.subject))
  const exact = await findByFingerprint(db, place.project, place.subject, prepared.fingerprint, deleted)
  if (exact !== undefined || wanted.metadata || wanted.ruleSet) return exact
  return findByText(db, place.project, place.subject, prepared.content, deleted)
}
