import { sql } from '@plinth/store'
import { driverOf, type Driver, type Outputs, type Secrets } from '../drivers/driver.ts'
import { resolveReference, substitute, type Lookup } from '../score/placeholders.ts'
import type { WantedResource } from '../score/resources.ts'
import type { WorkloadSpec } from '../score/workload-spec.ts'
import type { Run } from './run.ts'
import { keyed } from './store.ts'
import {
  deleteResource,
  insertResource,
  listResources,
  sealPurpose,
  updateResource,
  type StoredResource,
} from './resources.ts'

export type Provisioned = {
  lookup: Lookup
  /** What somebody took away or changed outside, and was made again in this run. */
  repaired: string[]
}

/**
 * Brings every resource of the spec into being, each after those that it needs. `look`: also those that are there are
 * looked at, as somebody may have taken them away.
 */
export async function provision(run: Run, spec: WorkloadSpec, look: boolean): Promise<Provisioned> {
  const there = await listResources(run.store.db, run.row)
  const outputs = new Map<string, { id: string; values: Record<string, string> }>()
  const repaired: string[] = []
  const lookup: Lookup = {
    metadata: spec.metadata,
    resource(name, path) {
      const found = outputs.get(name)
      return path.length === 0 ? found?.id : found?.values[path.join('.')]
    },
  }
  for (const wanted of spec.resources) {
    const stored = there.find(({ name, kind }) => name === wanted.name && kind === wanted.kind)
    const params = resolveParams(wanted.params, lookup) as Record<string, unknown>
    const { resource, made, mended } = await ensure(run, { ...wanted, params }, stored, look)
    if (mended !== undefined) repaired.push(mended)
    outputs.set(wanted.name, { id: resource.id, values: { ...made.plain, ...made.secret } })
  }
  return { lookup, repaired }
}

/** Resources that the score.yaml no longer names, the youngest first: what needs another was made after it. */
export async function removeUnnamed(run: Run, { resources }: WorkloadSpec): Promise<void> {
  for (const { id, kind, name, externalName, state } of (await listResources(run.store.db, run.row)).reverse()) {
    if (resources.some((wanted) => wanted.name === name && wanted.kind === kind)) continue
    if (state !== 'removing') await run.fenced((tx) => updateResource(tx, id, { state: 'removing' }))
    await driverOf(run.drivers, kind).remove(externalName)
    await run.fenced((tx) => deleteResource(tx, id))
  }
}

async function ensure(
  run: Run,
  wanted: WantedResource,
  known: StoredResource | undefined,
  look: boolean,
): Promise<{ resource: StoredResource; made: Outputs; mended: string | undefined }> {
  const driver = driverOf(run.drivers, wanted.kind)
  const whole = await finishRemoval(run, driver, known)
  const resource = whole ?? (await intend(run, driver, wanted))
  const secrets = secretsOf(run, resource)
  const made = driver.outputs(resource.externalName, wanted.params, secrets)
  const isSame = JSON.stringify(resource.spec) === JSON.stringify(wanted.params)
  let mended: string | undefined
  if (resource.state === 'ready' && isSame) {
    if (!look) return { resource, made, mended }
    const seen = await driver.observe(resource.externalName)
    // What can't be seen now is neither gone nor changed.
    if (seen === 'unknown') return { resource, made, mended }
    const { action, fields } = driver.plan(wanted.params, seen)
    if (action === 'none') return { resource, made, mended }
    const isGone = action === 'create' || fields.some(({ before }) => before === 'missing')
    mended = isGone
      ? `The ${wanted.kind} '${wanted.name}' was gone and was made again, empty`
      : `The ${wanted.kind} '${wanted.name}' was changed from outside (${fields.map(({ path }) => path).join(', ')}) and set right`
    const detail = mended
    await run.fenced(async (tx) => {
      await updateResource(tx, resource.id, { state: 'missing', detail })
      // Whoever made its tables at the start has to start again.
      if (isGone) await tx.execute(sql`update workloads set restart = restart + 1 where ${keyed(run.row)}`)
    })
  } else if (resource.state === 'missing') mended = resource.detail ?? undefined
  await driver.apply(resource.externalName, wanted.params, secrets)
  await run.fenced((tx) =>
    updateResource(tx, resource.id, { state: 'ready', outputs: { ...made.plain }, spec: wanted.params }),
  )
  return { resource, made, mended }
}

/** One that was being taken away and is wanted again is taken away first: half of it is gone already. */
async function finishRemoval(
  run: Run,
  driver: Driver,
  known: StoredResource | undefined,
): Promise<StoredResource | undefined> {
  if (known?.state !== 'removing') return known
  await driver.remove(known.externalName)
  await run.fenced((tx) => deleteResource(tx, known.id))
  return undefined
}

function intend(run: Run, driver: Driver, { name, kind, params }: WantedResource): Promise<StoredResource> {
  const { project, environment, workload } = run.row
  const externalName = driver.name({ project, environment, workload, resource: name })
  const secrets = driver.newSecrets()
  const seal = (id: string): string | null =>
    Object.keys(secrets).length === 0 ? null : run.sealing.seal(sealPurpose(id), JSON.stringify(secrets))
  return run.fenced((tx) => insertResource(tx, run.row, { name, kind, externalName, spec: params, seal }))
}

const secretsOf = ({ sealing }: Run, { id, secrets }: StoredResource): Secrets =>
  secrets === null ? {} : (JSON.parse(sealing.open(sealPurpose(id), secrets)) as Secrets)

function resolveParams(value: unknown, lookup: Lookup): unknown {
  if (typeof value === 'string') return substitute(value, (reference) => resolveReference(reference, lookup))
  if (Array.isArray(value)) return value.map((item) => resolveParams(item, lookup))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolveParams(item, lookup)]))
}
