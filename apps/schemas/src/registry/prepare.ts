import { failure, type SchemaKind } from '@plinth/contracts'
import type { Executor } from '@plinth/store'
import type { Schema } from '../formats/format.ts'
import { fingerprintOf, type Content } from './fingerprint.ts'
import { combineMetadata, combineRules } from './merge.ts'
import { parseWith } from './parsed.ts'
import type { Metadata, Reference, RuleSet, VersionRow } from './rows.ts'
import { readConfig, type Config } from './settings.ts'
import { findByFingerprint, findByText, readVersion } from './store.ts'
import { placeOfReference, type SubjectPlace } from './subject-name.ts'

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
