import { failure, schemaEnvironmentChanged, type PromotionPlan } from '@plinth/contracts'
import type { Clock, Identity } from '@plinth/kernel'
import { appendEvent, recordAudit, type PageOf, type Store, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { conceal } from '../gate/conceal.ts'
import type { Surroundings } from '../gate/governed.ts'
import { judgeUse } from '../gate/judge-use.ts'
import { instancesOf, listTouching, listUsers, type DeployedRow } from '../gate/store.ts'
import type { Visible } from '../impact/visible.ts'
import { schemaOf } from '../registry/parsed.ts'
import type { SubjectRow, VersionRow } from '../registry/rows.ts'
import { findSubject, listSubjects, readVersion } from '../registry/store.ts'
import { currentVersion, viewOf, type View } from './current.ts'
import { fieldChanges } from './diff.ts'
import type { KnownEnvironments } from './known-environments.ts'
import { findPin, listPins, listPromotions, lockPin, removePin, setPin, type Move, type PinKey } from './store.ts'

type Plan = Static<typeof PromotionPlan>
type Key = { project: string; subject: string }
type Wanted = { from?: string; version?: number }
type WantedMove = Wanted & { reason?: string }
type WantedPin = { version: number; reason: string }
type Listing = { limit?: number; cursor?: string; drift?: boolean }
type Parts = {
  store: Pick<Store, 'db' | 'transaction'>
  clock: Clock
  environments: KnownEnvironments
  around: Surroundings
  /** Another version is current there. */
  moved(environment: string): void
  visible: Visible
}

const nothing = (detail: string): Error => failure('schemas.nothing_to_promote', { detail })

const mustFind = async (db: Store['db'], { project, subject }: Key): Promise<SubjectRow> => {
  const found = await findSubject(db, project, subject)
  if (found) return found
  throw failure('schemas.subject_unknown', { detail: `${project} has no schema subject '${subject}'.` })
}

const mustRead = async (db: Store['db'], { project, subject }: Key, version: number): Promise<VersionRow> => {
  await mustFind(db, { project, subject })
  const found = await readVersion(db, project, subject, version)
  if (found) return found
  throw failure('schemas.version_unknown', { detail: `'${subject}' has no version ${version}.` })
}

/** What is of projects that the caller may not see is left out. */
const seenBy = async (
  visible: Visible,
  who: Identity,
  own: string,
  found: readonly DeployedRow[],
): Promise<DeployedRow[]> => {
  const strange = [...new Set(found.map(({ project }) => project))].filter((project) => project !== own)
  const seen = strange.length === 0 ? new Set<string>() : await visible(who, strange)
  return found.filter(({ project }) => project === own || seen.has(project))
}

const viewFor = async (
  { store: { db }, environments, visible }: Parts,
  who: Identity,
  row: SubjectRow,
): Promise<View> => {
  const { project, name, latestVersion } = row
  const found = await seenBy(visible, who, project, await listUsers(db, `${project}/${name}`))
  const instances = instancesOf(found, `${project}/${name}`)
  const [known, pins] = [await environments.of(project), await listPins(db, project, [name])]
  return viewOf({ project, subject: name, latestVersion, environments: known, instances, pins })
}

const current = async (db: Store['db'], { project, subject, environment }: PinKey): Promise<number | undefined> => {
  const instances = instancesOf(await listUsers(db, `${project}/${subject}`, environment), `${project}/${subject}`)
  return currentVersion(instances, await findPin(db, { project, subject, environment })).version
}

/** @throws schemas.nothing_to_promote, in words that say what to name */
const plan = async (
  { store: { db }, environments, around, visible }: Parts,
  who: Identity,
  { project, subject, environment }: PinKey,
  { from, version }: Wanted,
): Promise<Plan> => {
  const known = await environments.require(project, environment)
  await mustFind(db, { project, subject })
  if (from !== undefined) await environments.require(project, from)
  const at = known.findIndex(({ name }) => name === environment)
  const source = from ?? known[at - 1]?.name
  if (source === undefined && version === undefined)
    throw nothing(`${environment} is the first environment; say which version with 'version'.`)
  const wanted = version ?? (source && (await current(db, { project, subject, environment: source })))
  if (wanted === undefined || wanted === '')
    throw nothing(`${source} has no version of ${subject} to promote; nothing there uses it, and none is pinned.`)
  const row = await mustRead(db, { project, subject }, wanted)
  const before = await current(db, { project, subject, environment })
  const pin = await findPin(db, { project, subject, environment })
  if (pin?.version === wanted) throw nothing(`${environment} is at version ${wanted} of ${subject} already.`)
  const old = before === undefined ? undefined : await readVersion(db, project, subject, before, { deleted: true })
  const use = { subject: `${project}/${subject}`, version: wanted }
  const asWriter = await judgeUse(db, around, { environment, use, side: 'produces' })
  const both = [...asWriter, ...(await judgeUse(db, around, { environment, use, side: 'consumes' }))]
  // What holds for both sides is said once.
  const told = new Map(both.map((reason) => [`${reason.rule} ${reason.path} ${reason.message}`, reason]))
  const reasons = [...told.values()].filter(({ rule }) => rule !== 'VERSION_NOT_PROMOTED').slice(0, 50)
  const diff = fieldChanges(old && (await schemaOf(db, old)), await schemaOf(db, row))
  const gate = { allowed: reasons.length === 0, reasons: await conceal(visible, who, project, reasons) }
  const named = { project, subject, from: source ?? environment, to: environment, version: wanted }
  return { ...named, ...(before !== undefined && { before }), diff, gate }
}

const tell = async (tx: Tx, who: Identity, action: string, move: Omit<Move, 'version'> & { version?: number }) => {
  const { project, subject, to, from, version, before, reason } = move
  const facts = {
    environment: to,
    ...(version !== undefined && { version }),
    ...(before !== undefined && { before }),
    ...(from !== undefined && { promotedFrom: from }),
    reason,
  }
  await recordAudit(tx, 'schemas', who, { action, project, object: `schema/${subject}`, detail: facts })
  await appendEvent(tx, schemaEnvironmentChanged, {
    project,
    entity: subject,
    actor: who.subject,
    data: { project, subject, ...facts, actor: who.subject },
  })
}

async function list(
  { store: { db }, environments, visible }: Parts,
  who: Identity,
  project: string,
  { drift, limit = 50, ...page }: Listing,
): Promise<PageOf<View>> {
  const { items, ...rest } = await listSubjects(db, project, { ...page, limit })
  const found = await seenBy(visible, who, project, await listTouching(db, project))
  const pins = await listPins(
    db,
    project,
    items.map(({ name }) => name),
  )
  const known = await environments.of(project)
  const views = items.map(({ name, latestVersion }) =>
    viewOf({
      project,
      subject: name,
      latestVersion,
      environments: known,
      instances: instancesOf(found, `${project}/${name}`),
      pins: pins.filter(({ subject }) => subject === name),
    }),
  )
  return { ...rest, items: drift === true ? views.filter((one) => one.drift) : views }
}

async function promotions(db: Store['db'], key: Key, page: { limit?: number; cursor?: string }) {
  await mustFind(db, key)
  const { items, ...rest } = await listPromotions(db, key.project, key.subject, page)
  return {
    ...rest,
    items: items.map(({ id: _id, from, version, before, ...row }) => ({
      ...row,
      ...(from !== null && { from }),
      ...(version !== null && { version }),
      ...(before !== null && { before }),
    })),
  }
}

async function promote(parts: Parts, who: Identity, key: PinKey, { reason, ...wanted }: WantedMove): Promise<Plan> {
  const made = await plan(parts, who, key, wanted)
  if (!made.gate.allowed) {
    throw failure('schemas.gate_refused', {
      detail: `Version ${made.version} of ${key.subject} does not fit what runs in ${key.environment}. ${made.gate.reasons[0]?.message ?? ''}`,
      problems: made.gate.reasons.map(({ path, message, edit }) => ({
        path,
        message: edit === undefined ? message : `${message}; ${edit}`,
      })),
    })
  }
  await parts.store.transaction(async (tx) => {
    await lockPin(tx, key)
    const { project, subject, from, to, version, before } = made
    const move = {
      project, subject, to, version, by: who.subject, at: parts.clock.now(),
      reason: reason ?? `Promoted from ${from}`,
      ...(from !== to && { from }),
      ...(before !== undefined && { before }),
    } // prettier-ignore
    await setPin(tx, move)
    await tell(tx, who, 'schema.promote', move)
  })
  parts.moved(key.environment)
  return made
}

async function pin(parts: Parts, who: Identity, key: PinKey, { version, reason }: WantedPin): Promise<View> {
  const { store, clock, environments, moved } = parts
  const { project, subject, environment } = key
  await environments.require(project, environment)
  await mustRead(store.db, key, version)
  await store.transaction(async (tx) => {
    await lockPin(tx, key)
    const before = (await findPin(tx, key))?.version
    const by = who.subject
    const move = { project, subject, to: environment, version, reason, by, at: clock.now(), ...(before !== undefined && { before }) } // prettier-ignore
    await setPin(tx, move)
    await tell(tx, who, 'schema.pin', move)
  })
  moved(environment)
  return viewFor(parts, who, await mustFind(store.db, key))
}

async function unpin({ store, clock, moved }: Parts, who: Identity, key: PinKey): Promise<null> {
  await store.transaction(async (tx) => {
    const { project, subject, environment } = key
    await lockPin(tx, key)
    const before = (await findPin(tx, key))?.version
    if (before === undefined)
      throw failure('schemas.pin_unknown', { detail: `No version of ${subject} is pinned in ${environment}.` })
    const move = { project, subject, to: environment, before, reason: 'Unpinned', by: who.subject, at: clock.now() }
    await removePin(tx, move)
    await tell(tx, who, 'schema.unpin', move)
  })
  moved(key.environment)
  return null
}

export function environmentUseCases(parts: Parts) {
  const { db } = parts.store
  return {
    plan: (who: Identity, key: PinKey, wanted: Wanted) => plan(parts, who, key, wanted),
    list: (who: Identity, project: string, listing: Listing) => list(parts, who, project, listing),
    get: async (who: Identity, key: Key): Promise<View> => viewFor(parts, who, await mustFind(db, key)),
    promotions: (key: Key, page: { limit?: number; cursor?: string }) => promotions(db, key, page),
    promote: (who: Identity, key: PinKey, wanted: WantedMove) => promote(parts, who, key, wanted),
    pin: (who: Identity, key: PinKey, wanted: WantedPin) => pin(parts, who, key, wanted),
    unpin: (who: Identity, key: PinKey) => unpin(parts, who, key),
  }
}

export type EnvironmentUseCases = ReturnType<typeof environmentUseCases>
