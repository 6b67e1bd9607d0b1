import { failure, schemaRegistered, type TransferredSettings, type TransferredVersion } from '@plinth/contracts'
import { AppError, type Clock, type Identity } from '@plinth/kernel'
import { appendEvent, recordAudit, type Store, type Tx } from '@plinth/store'
import { noteSetting } from '../confluent/config.ts'
import { metadataOf, ruleSetOf } from '../confluent/requests.ts'
import { prepare, type Prepared } from '../registry/prepare.ts'
import { readConfig, readMode, writeConfig, type Config } from '../registry/settings.ts'
import { findSchema, readVersion } from '../registry/store.ts'
import { isSubjectName, placeOfReference, type SubjectPlace } from '../registry/subject-name.ts'
import { importContent, lockSubject, nextGeneration } from '../registry/write-store.ts'
import { addImported, liveVersionOf, setDeleted } from './store.ts'

export type ImportParts = {
  store: Pick<Store, 'transaction'>
  clock: Clock
  mayRead(who: Identity, place: SubjectPlace): Promise<void>
}
type Outcome = { outcome: 'imported' | 'unchanged' | 'refused'; problem?: string }
type Ask = { who: Identity; place: SubjectPlace; item: TransferredVersion }
type AskSettings = { who: Identity; scope: SubjectPlace; settings: Config }

const refused = (detail: string): Error => failure('platform.conflict', { detail })

/** Throws unless the project is one into which ids may be brought. */
async function requireImporting(tx: Tx, scope: SubjectPlace): Promise<void> {
  const { effective } = await readMode(tx, scope)
  if (effective === 'IMPORT') return
  throw failure('schemas.not_importing', {
    detail: `${scope.project} is in mode ${effective}: set it to IMPORT first, which \`plinth schema import\` does by itself.`,
  })
}

/** What one of many came to; a refusal of it is no failure of the others. */
async function outcomeOf(work: () => Promise<'imported' | 'unchanged'>): Promise<Outcome> {
  try {
    return { outcome: await work() }
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'schemas.not_importing' || error.status >= 500) throw error
    return { outcome: 'refused', problem: error.publicDetail }
  }
}

const placeOf = (project: string, subject: string): SubjectPlace => {
  if (isSubjectName(subject)) return { project, subject }
  throw refused(`'${subject.slice(0, 80)}' cannot be the name of a subject here: letters, digits, '.', '_' and '-'.`)
}

async function importVersion(
  { store, clock, mayRead }: ImportParts,
  { who, place, item }: Ask,
): Promise<'imported' | 'unchanged'> {
  for (const { subject } of item.references ?? []) {
    const target = placeOfReference(place.project, subject)
    if (target.project !== place.project) await mayRead(who, target)
  }
  return store.transaction(async (tx) => {
    await lockSubject(tx, place.project, place.subject)
    await requireImporting(tx, place)
    const { type, schema, references = [] } = item
    const [metadata, ruleSet] = [metadataOf(item.metadata) ?? null, ruleSetOf(item.ruleSet) ?? null]
    // Without what the configuration here would add: it is kept as it is there.
    const prepared = await prepare(tx, place, { type, schema, references, metadata, ruleSet }, {}, undefined)
    const isDeleted = item.deleted === true
    const there = await readVersion(tx, place.project, place.subject, item.version, { deleted: true })
    if (there === undefined) {
      await add(tx, { who, place, item }, prepared, clock.now())
      return 'imported'
    }
    if (there.id !== item.id || !isOf(there.fingerprint, prepared))
      throw refused(`Version ${item.version} of ${place.subject} is another schema here, with the id ${there.id}.`)
    if (there.deleted === isDeleted) return 'unchanged'
    if (!isDeleted) await refuseSecond(tx, place, item)
    await setDeleted(tx, place, item.version, isDeleted)
    await nextGeneration(tx)
    await note(tx, { who, place, item })
    return 'imported'
  })
}

async function add(tx: Tx, ask: Ask, prepared: Prepared, at: Date): Promise<void> {
  const { who, place, item } = ask
  const { content, body, fingerprint, guid } = prepared
  const row = { project: place.project, body, fingerprint, guid, at, ...content }
  const holder = await findSchema(tx, place.project, item.id)
  if (holder !== undefined && !isOf(holder.fingerprint, prepared))
    throw refused(`The id ${item.id} stands for another schema here.`)
  if (holder === undefined && !(await importContent(tx, row, item.id)))
    // What was encoded elsewhere under a second id of the same content must be found under that id here.
    await importContent(tx, { ...row, fingerprint: alias(fingerprint, item.id) }, item.id)
  if (item.deleted !== true) await refuseSecond(tx, place, item)
  const { type } = content
  const by = who.subject
  await addImported(tx, { ...place, version: item.version, schemaId: item.id, type, deleted: item.deleted === true, at, by }) // prettier-ignore
  // As after a registration: who comes with the bare text takes these over.
  if (content.metadata !== null || content.ruleSet !== null) await nextGeneration(tx)
  await note(tx, ask)
}

async function note(tx: Tx, { who, place: { project, subject }, item }: Ask): Promise<void> {
  const { version, id, type, deleted = false } = item
  const detail = { version, id, deleted }
  await recordAudit(tx, 'schemas', who, { action: 'schema.import', project, object: `schema/${subject}`, detail })
  if (deleted) return
  const data = { project, subject, version, id, schemaType: type, actor: who.subject }
  await appendEvent(tx, schemaRegistered, { project, entity: subject, actor: who.subject, data })
}

const importSettings = (
  { store, clock }: ImportParts,
  { who, scope, settings }: AskSettings,
): Promise<'imported' | 'unchanged'> =>
  store.transaction(async (tx) => {
    await lockSubject(tx, scope.project, scope.subject)
    await requireImporting(tx, scope)
    const { own } = await readConfig(tx, scope)
    const wanted = { ...own, ...settings }
    if (own !== undefined && JSON.stringify(own) === JSON.stringify(wanted)) return 'unchanged'
    await writeConfig(tx, scope, wanted, clock.now())
    await noteSetting(tx, who, scope, 'config', { from: own ?? null, to: wanted })
    return 'imported'
  })

/** Versions as they stand elsewhere, each in a transaction of its own: what is there already is left as it is. */
export function importing(parts: ImportParts) {
  return {
    async versions(who: Identity, project: string, items: readonly TransferredVersion[]) {
      const outcomes: (Outcome & { subject: string; version: number; id: number })[] = []
      for (const item of items) {
        const { subject, version, id } = item
        const work = () => importVersion(parts, { who, place: placeOf(project, subject), item })
        outcomes.push({ subject, version, id, ...(await outcomeOf(async () => work())) })
      }
      return outcomes
    },

    async settings(who: Identity, project: string, items: readonly TransferredSettings[]) {
      const outcomes: (Outcome & { subject: string })[] = []
      for (const { subject, settings } of items) {
        const scope = () => (subject === '' ? { project, subject } : placeOf(project, subject))
        const work = async () => importSettings(parts, { who, scope: scope(), settings: settings as Config })
        outcomes.push({ subject, ...(await outcomeOf(work)) })
      }
      return outcomes
    },
  }
}

const alias = (fingerprint: string, id: number): string => `${fingerprint}#${id}`
const isOf = (fingerprint: string, prepared: Prepared): boolean => fingerprint.split('#', 1)[0] === prepared.fingerprint

async function refuseSecond(tx: Tx, place: SubjectPlace, { id, version }: TransferredVersion): Promise<void> {
  const live = await liveVersionOf(tx, place, id)
  if (live !== undefined && live !== version)
    throw refused(`Version ${live} of ${place.subject} is the schema ${id} already, and not deleted.`)
}
