import { failure, schemaSubjectChanged, type SubjectLifecycle } from '@plinth/contracts'
import type { Clock, Identity } from '@plinth/kernel'
import { appendEvent, recordAudit, type Executor, type Store, type Tx } from '@plinth/store'
import { schemaOf } from '../registry/parsed.ts'
import { readVersion } from '../registry/store.ts'
import type { SubjectPlace } from '../registry/subject-name.ts'
import { lockSubject } from '../registry/write-store.ts'
import { deployedUses, seenUses, type DeployedUse } from '../reviews/affected.ts'
import type { KnownEnvironments } from '../environments/known-environments.ts'
import type { Visible } from '../impact/visible.ts'
import type { Catalog } from './catalog.ts'
import * as governance from './store.ts'
import type { GovernanceRow } from './store.ts'
import { taggedFields, type TaggedField } from './tags.ts'

export type GovernanceParts = {
  store: Pick<Store, 'db' | 'transaction'>
  clock: Clock
  catalog: Catalog
  visible: Visible
  environments: Pick<KnownEnvironments, 'isProduction'>
}
type Changed = 'owner' | 'description' | 'tags' | 'fields' | 'lifecycle'
type Update = { owner?: string | null; description?: string; tags?: string[] }
type WantedTags = { path: string; tags: string[] }
type Step = { state: SubjectLifecycle; retireOn?: string; replacement?: string; note?: string }

/** Where a subject can go from where it is; staying changes what is said of it. */
const steps: Readonly<Record<SubjectLifecycle, readonly SubjectLifecycle[]>> = {
  draft: ['draft', 'active', 'retired'],
  active: ['active', 'draft', 'deprecated'],
  deprecated: ['deprecated', 'active', 'retired'],
  retired: ['retired', 'deprecated'],
}
const consumersMax = 200

const viewFor = async ({ store, catalog, visible }: GovernanceParts, who: Identity, place: SubjectPlace) => {
  const { uses, ...view } = await viewOf(store.db, place)
  const { shown } = await seenUses(visible, who, place.project, uses)
  const contact = await catalog.ownerOf(view.owner ?? null)
  return { ...view, ...(contact !== undefined && { contact }), consumers: consumersOf(shown) }
}

const usesInProduction = async (
  { store, environments }: GovernanceParts,
  place: SubjectPlace,
): Promise<DeployedUse[]> => {
  const found: DeployedUse[] = []
  for (const use of await deployedUses(store.db, place))
    if (await environments.isProduction(use.project, use.environment)) found.push(use)
  return found
}

/** One change of a subject that is there, with its event and its entry in the ledger. */
const change = async (
  parts: GovernanceParts,
  who: Identity,
  place: SubjectPlace,
  changed: readonly Changed[],
  next: (row: GovernanceRow, tx: Tx) => GovernanceRow | Promise<GovernanceRow>,
) => {
  const { store, clock } = parts
  await store.transaction(async (tx) => {
    await lockSubject(tx, place.project, place.subject)
    await fieldsOfNewest(tx, place, governance.ungoverned)
    const row = await next(await governance.readGovernance(tx, place), tx)
    await governance.writeGovernance(tx, place, row, who.subject, clock.now())
    await tell(tx, who, place, row, changed)
  })
  return viewFor(parts, who, place)
}

async function update(
  parts: GovernanceParts,
  who: Identity,
  place: SubjectPlace,
  { owner, description, tags }: Update,
) {
  if (owner !== undefined && owner !== null) await parts.catalog.require(owner)
  const wanted = {
    ...(owner !== undefined && { owner }),
    ...(description !== undefined && { description }),
    ...(tags !== undefined && { tags }),
  }
  return change(parts, who, place, Object.keys(wanted) as (keyof typeof wanted)[], (row) => ({ ...row, ...wanted }))
}

/** Tags of fields that the schema itself does not have. A path that no field of the newest version has is refused. */
const setFieldTags = (parts: GovernanceParts, who: Identity, place: SubjectPlace, wanted: readonly WantedTags[]) =>
  change(parts, who, place, ['fields'], async (row, tx) => {
    const known = new Set((await fieldsOfNewest(tx, place, row)).map(({ path }) => path))
    const unknown = wanted.flatMap(({ path }, index) => (known.has(path) ? [] : [{ path, index }]))
    if (unknown.length > 0) {
      throw failure('schemas.field_unknown', {
        detail: `The newest version of '${place.subject}' has no field '${unknown[0]?.path}'.`,
        problems: unknown
          .slice(0, 50)
          .map(({ path, index }) => ({ path: `/fields/${index}/path`, message: `there is no field '${path}'` })),
      })
    }
    return {
      ...row,
      fieldTags: Object.fromEntries(wanted.flatMap(({ path, tags }) => (tags.length > 0 ? [[path, tags]] : []))),
    }
  })

async function setLifecycle(
  parts: GovernanceParts,
  who: Identity,
  place: SubjectPlace,
  { state, retireOn, replacement, note }: Step,
) {
  // Asked before the transaction: who else must be asked for it is not waited for with locks held.
  const inProduction = state === 'draft' ? await usesInProduction(parts, place) : []
  return change(parts, who, place, ['lifecycle'], async (row, tx) => {
    if (!steps[row.lifecycle].includes(state)) {
      throw failure('schemas.lifecycle_refused', {
        detail: `'${place.subject}' is ${row.lifecycle} and can't become ${state}; it can become ${steps[row.lifecycle].filter((next) => next !== row.lifecycle).join(' or ')}.`,
      })
    }
    if (state === 'draft') refuseInUse(place, inProduction, 'become a draft', 'Drafts have no place in production.')
    if (state === 'retired')
      refuseInUse(
        place,
        await deployedUses(tx, place),
        'be retired',
        'Deprecate it with a day and a replacement, and retire it when they are gone.',
      )
    if (retireOn !== undefined) refuseNoDay(retireOn)
    if (replacement !== undefined) await refuseNoReplacement(tx, place, replacement)
    const moved = state !== row.lifecycle || row.lifecycleSince === null
    return {
      ...row,
      lifecycle: state,
      lifecycleSince: moved ? parts.clock.now().toISOString() : row.lifecycleSince,
      lifecycleBy: moved ? who.subject : row.lifecycleBy,
      retireOn: retireOn ?? null,
      replacement: replacement ?? null,
      note: note ?? null,
    }
  })
}

/** Who answers for a subject, what is said of it, where it is in its life. */
export function subjectGovernance(parts: GovernanceParts) {
  return {
    get: (who: Identity, place: SubjectPlace) => viewFor(parts, who, place),
    update: (who: Identity, place: SubjectPlace, wanted: Update) => update(parts, who, place, wanted),
    setFieldTags: (who: Identity, place: SubjectPlace, wanted: readonly WantedTags[]) =>
      setFieldTags(parts, who, place, wanted),
    setLifecycle: (who: Identity, place: SubjectPlace, step: Step) => setLifecycle(parts, who, place, step),
  }
}
export type SubjectGovernance = ReturnType<typeof subjectGovernance>

/** Nothing that runs is left with a subject that is gone. Of other projects the number is told, not the names. */
function refuseInUse(place: SubjectPlace, uses: readonly DeployedUse[], what: string, instead: string): void {
  if (uses.length === 0) return
  const own = uses.filter(({ project }) => project === place.project)
  const others = uses.length - own.length
  throw failure('schemas.lifecycle_refused', {
    detail: `'${place.subject}' can't ${what}: ${uses.length} deployed components write or read it${others === 0 ? '' : `, ${others} of them of other projects`}. ${instead}`,
    problems: own.slice(0, 50).map(({ component, environment, side, version }) => ({
      path: `${component} in ${environment}`,
      message: `${side} version ${version}`,
    })),
  })
}

function refuseNoDay(day: string): void {
  const read = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(read.getTime()) || read.toISOString().slice(0, 10) !== day)
    throw failure('platform.request_invalid', { detail: `/retireOn: ${day} is no day of the calendar.` })
}

async function refuseNoReplacement(tx: Tx, { project, subject }: SubjectPlace, replacement: string): Promise<void> {
  // Of another project it is not looked at: whether it is there is not everybody's to know.
  if (replacement.includes('/') && !replacement.startsWith(`${project}/`)) return
  const name = replacement.slice(replacement.indexOf('/') + 1)
  if (name === subject || (await readVersion(tx, project, name)) === undefined)
    throw failure('schemas.lifecycle_refused', { detail: `${project} has no other subject '${name}' to go to.` })
}

/** Throws schemas.subject_unknown where there is no version that is not deleted. */
async function fieldsOfNewest(db: Executor, place: SubjectPlace, { fieldTags }: GovernanceRow): Promise<TaggedField[]> {
  const newest = await readVersion(db, place.project, place.subject)
  if (newest === undefined)
    throw failure('schemas.subject_unknown', { detail: `${place.project} has no schema subject '${place.subject}'.` })
  return taggedFields(await schemaOf(db, newest), fieldTags, newest.metadata)
}

async function viewOf(db: Executor, place: SubjectPlace) {
  const row = await governance.readGovernance(db, place)
  const fields = await fieldsOfNewest(db, place, row)
  const uses = await deployedUses(db, place)
  const { owner, description, tags, updatedAt, updatedBy } = row
  return {
    ...place,
    ...(owner !== null && { owner }),
    description,
    lifecycle: lifecycleOf(row),
    tags,
    fields: fields.flatMap(({ path, tags: own, written }) =>
      own.length > 0 ? [{ path, tags: [...own], written: [...written] }] : [],
    ),
    uses,
    ...(updatedAt !== null && { updatedAt }),
    ...(updatedBy !== null && { updatedBy }),
  }
}

const consumersOf = (uses: readonly DeployedUse[]) =>
  uses.flatMap(({ project, environment, component, side, version }) =>
    side === 'consumes' ? [{ project, environment, component, version }] : [],
  )

const lifecycleOf = ({ lifecycle, lifecycleSince, lifecycleBy, retireOn, replacement, note }: GovernanceRow) => ({
  state: lifecycle,
  ...(lifecycleSince !== null && { since: lifecycleSince }),
  ...(lifecycleBy !== null && { by: lifecycleBy }),
  ...(retireOn !== null && { retireOn }),
  ...(replacement !== null && { replacement }),
  ...(note !== null && { note }),
})

async function tell(tx: Tx, who: Identity, place: SubjectPlace, row: GovernanceRow, changed: readonly Changed[]) {
  const { owner, lifecycle, retireOn, replacement } = row
  const uses = await deployedUses(tx, place)
  const consumers = uses.flatMap(({ project, environment, component, side }) =>
    side === 'consumes' ? [`${project}/${environment}/${component}`] : [],
  )
  const said = {
    lifecycle,
    ...(owner !== null && { owner }),
    ...(retireOn !== null && { retireOn }),
    ...(replacement !== null && { replacement }),
  }
  await recordAudit(tx, 'schemas', who, {
    action: changed.includes('lifecycle')
      ? `schema.${lifecycle === 'retired' ? 'retire' : 'set-lifecycle'}`
      : 'schema.govern',
    project: place.project,
    object: `schema/${place.subject}`,
    detail: { changed, ...said },
  })
  await appendEvent(tx, schemaSubjectChanged, {
    project: place.project,
    entity: place.subject,
    actor: who.subject,
    data: {
      ...place,
      changed: [...changed],
      ...said,
      consumers: [...new Set(consumers)].slice(0, consumersMax),
      actor: who.subject,
    },
  })
}
