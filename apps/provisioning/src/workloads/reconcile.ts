import { recordDeployed, revokeToken } from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import type { QueueContext } from '@plinth/store'
import { findComponent } from '../components/store.ts'
import { isTransient, type Hosted } from '../drivers/local-runtime.ts'
import { hostedName } from '../drivers/names.ts'
import { readWorkloadSpec, type WorkloadSpec } from '../score/workload-spec.ts'
import { isHeld, judge } from './gate.ts'
import { provision, removeUnnamed, type Provisioned } from './provision.ts'
import { removeWorkload, tokenPurpose } from './removal.ts'
import { createRun, type Needs, type Run } from './run.ts'
import {
  deploymentsWithToken,
  findWorkload,
  mustFindDeployment,
  readQueueKey,
  saveHosted,
  saveRecorded,
  saveToken,
  saveVerdict,
  type Deployment,
} from './store.ts'
import type { Status } from './status.ts'
import { digestOf, telemetryToken, wishOf } from './wish.ts'

type Outcome = 'done' | { againInMs: number }

/** How soon to look again: while it starts (the runner's nudge is sooner still), and when all is as it should be. */
const lookMs = { starting: 250, blind: 1_000, steady: 10_000, held: 10_000, failed: 15_000 }

/** Brings a workload to what was asked of it, from wherever it stands. */
export const reconcileWorkload =
  (parts: Needs) =>
  async (queueKey: string, context: QueueContext): Promise<Outcome> => {
    const row = await findWorkload(parts.store.db, readQueueKey(queueKey))
    if (row === undefined) return 'done'
    const run = createRun(parts, row, context)
    try {
      return row.removing ? await removeWorkload(parts, row, context) : await bring(run)
    } catch (error) {
      return tell(run, error)
    }
  }

/** First whether it may be, then what it needs, then what runs. What was refused leaves what ran before as it was. */
async function bring(run: Run): Promise<Outcome> {
  const { store, row } = run
  const desired = await mustFindDeployment(store.db, row, row.desired)
  if (desired.verdict === null) {
    const verdict = await judge(run, row, desired)
    await run.fenced((tx) => saveVerdict(tx, row, desired.deployment, verdict))
    return { againInMs: 0 }
  }
  if (isHeld(desired) && (await isLetGo(run, desired))) return { againInMs: 0 }
  const refusal = desired.verdict === 'refused' ? (desired.refusal ?? 'It was refused.') : undefined
  if (row.accepted === null) {
    await run.status({ state: 'failed', detail: refusal ?? null })
    return isHeld(desired) ? { againInMs: lookMs.held } : 'done'
  }
  const accepted = await mustFindDeployment(store.db, row, row.accepted)
  const spec = readWorkloadSpec(accepted.score, row.workload, [...run.drivers.values()])
  if (row.state === 'pending' && refusal === undefined) await run.status({ state: 'provisioning', detail: null })
  const isSteady = row.hosted !== null && ['running', 'degraded', 'failed', 'stopped'].includes(row.state)
  const provisioned = await provision(run, spec, isSteady)
  return apply(run, accepted, spec, provisioned, refusal)
}

/** Asks the gate once more. Where nobody answers, what was said last holds. */
async function isLetGo(run: Run, desired: Deployment): Promise<boolean> {
  const { row } = run
  const verdict = await judge(run, row, desired).catch(() => undefined)
  if (verdict === undefined || verdict.refusal === desired.refusal) return false
  await run.fenced((tx) => saveVerdict(tx, row, desired.deployment, verdict))
  return true
}

async function apply(
  run: Run,
  accepted: Deployment,
  spec: WorkloadSpec,
  { lookup, repaired }: Provisioned,
  refusal: string | undefined,
): Promise<Outcome> {
  const { store, publicUrl, runtime } = run
  const token = await telemetryToken(run, accepted)
  // Read again: mending a resource asks for a restart.
  const row = (await findWorkload(store.db, run.row)) ?? run.row
  const wish = wishOf({ row, deployment: accepted, spec, lookup, token, publicUrl })
  const digest = digestOf(wish)
  const name = hostedName(row)
  let seen = row.hosted === digest ? await runtime.observe(name) : 'new'
  if (seen === 'unknown') {
    await run.status({ detail: refusal ?? 'The runner does not answer just now; what runs is left as it is.' })
    return { againInMs: lookMs.blind }
  }
  const strayed = typeof seen === 'string' ? undefined : strayedFrom(seen, accepted.deployment, wish.replicas)
  const lost = seen === 'absent' ? 'The runner no longer had it, and was told again' : strayed
  if (seen === 'new' || lost !== undefined) {
    await runtime.host(wish)
    await run.fenced((tx) => saveHosted(tx, row, digest))
    seen = await runtime.observe(name)
  }
  if (typeof seen === 'string') {
    await run.status({ state: 'starting', ...(lost !== undefined && { drifted: true, detail: `${lost}.` }) })
    return { againInMs: lookMs.starting }
  }
  const drift = [...repaired, ...(lost === undefined ? [] : [lost])].join('; ')
  const isLive = seen.liveDeployment === accepted.deployment && seen.liveRestart === row.restart
  await run.status(statusOf(run, seen, { refusal, drift, isLive, url: urlOf(lookup, spec) }))
  if (isLive && seen.state !== 'starting') await settle(run, accepted, spec)
  return { againInMs: seen.state === 'starting' ? lookMs.starting : drift === '' ? lookMs.steady : lookMs.starting }
}

/** Somebody else told the runner something else. */
function strayedFrom({ desiredDeployment, replicas }: Hosted, deployment: string, wanted: number): string | undefined {
  if (desiredDeployment !== deployment)
    return `The runner had been told to run ${desiredDeployment}, and was told again`
  return replicas === wanted
    ? undefined
    : `The runner had been told to run ${replicas} replicas instead of ${wanted}, and was told again`
}

function urlOf({ resource }: Provisioned['lookup'], { resources }: WorkloadSpec): string | null {
  const route = resources.find(({ kind }) => kind === 'route')
  const url = route && resource(route.name, ['url'])
  return typeof url === 'string' ? url : null
}

type Known = { refusal: string | undefined; drift: string; isLive: boolean; url: string | null }

function statusOf({ row }: Run, seen: Hosted, { refusal, drift, isLive, url }: Known): Partial<Status> {
  const state =
    refusal !== undefined
      ? 'failed'
      : !isLive && (seen.state === 'running' || seen.state === 'degraded')
        ? 'starting'
        : seen.state
  // Said until it runs again as it should.
  const drifted = drift !== '' || (row.drifted && (seen.state === 'starting' || !isLive))
  const detail = refusal ?? (drift !== '' ? `${drift}.` : drifted ? row.detail : (seen.detail ?? null))
  return {
    state, detail, drifted, url,
    liveDeployment: seen.liveDeployment ?? null,
    liveRevision: seen.liveRevision ?? null,
    liveSince: seen.since ?? null,
    readyReplicas: seen.readyReplicas,
  } // prettier-ignore
}

/** What follows once the new deployment is the one that answers: others may rely on it, and what it left behind goes. */
async function settle(run: Run, accepted: Deployment, spec: WorkloadSpec): Promise<void> {
  const { row, bus, signal, store } = run
  const { project, environment, component } = row
  const { deployment } = accepted
  if (!accepted.recorded) {
    const { produces, consumes } = spec
    const owner = (await findComponent(store.db, { project, component }))?.owner
    const replicas = row.replicas ?? spec.replicas
    const told = { produces, consumes, replicas, removed: false, ...(owner !== undefined && { owner }) }
    await bus.ask(recordDeployed, { project, environment, component, deployment, ...told }, { signal })
    await run.fenced((tx) => saveRecorded(tx, row, deployment))
  }
  await removeUnnamed(run, spec)
  for (const other of await deploymentsWithToken(store.db, row)) {
    if (other === deployment) continue
    await bus.ask(revokeToken, { purpose: tokenPurpose(other) }, { signal })
    await run.fenced((tx) => saveToken(tx, row, other, null))
  }
}

/** Says why it does not get on. What may pass is tried again soon, the rest now and then: somebody may mend it. */
async function tell(run: Run, error: unknown): Promise<Outcome> {
  const { row, signal, attempt } = run
  if (signal.aborted) throw error
  const known = error instanceof AppError && error.kind !== 'bug'
  if (!known && attempt < 5) throw error
  const why = known ? error.publicDetail : 'A defect of the platform stops it; the log of provisioning says which.'
  if (row.removing) await run.status({ detail: why })
  else if (known && isTransient(error)) await run.status({ detail: `Waiting: ${why}` })
  else await run.status({ state: 'failed', detail: why })
  if (!known || isTransient(error)) throw error
  return { againInMs: lookMs.failed }
}
