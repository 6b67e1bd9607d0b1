import type { Replica, Version, WorkloadRecord } from './record.ts'

/** What is to be done now to bring a workload to its wish; the controller does it, in this order. */
export type Step =
  | { kind: 'start'; version: Version; count: number }
  | { kind: 'switch' }
  | { kind: 'drain'; replicas: Replica[] }
  | { kind: 'crashed'; replica: Replica; detail: string }
  | { kind: 'fail'; detail: string }

/** A new version that ends this often before it is ready is not tried again. */
const exitsMax = 3

const isActive = (replica: Replica): boolean => replica.phase !== 'draining'
const isReady = (replica: Replica): boolean => replica.phase === 'ready'

/** Pure: the same record at the same moment gives the same steps. */
export function decide(record: WorkloadRecord, nowMs: number): Step[] {
  const { wanted, live } = record
  const active = record.replicas.filter(isActive)
  const of = (version: Version | undefined): Replica[] =>
    active.filter((replica) => replica.generation === version?.generation)
  const count = record.isRemoved ? 0 : wanted.wish.replicas
  if (count === 0)
    return [...(live?.generation === wanted.generation ? [] : [{ kind: 'switch' } as const]), ...drain(active)]
  const strays = active.filter(({ generation }) => generation !== wanted.generation && generation !== live?.generation)
  if (live?.generation === wanted.generation)
    return [...drain(strays), ...keepLive(record, live, of(live), count, nowMs)]
  const liveSteps = live === undefined ? [] : keepLive(record, live, of(live), count, nowMs)
  if (record.failure?.generation === wanted.generation) return [...drain([...strays, ...of(wanted)]), ...liveSteps]
  const next = rollOut(record, of(wanted), of(live), count, nowMs)
  // With the switch the old version's time is over: what crashed of it in this moment is not started again.
  return [...drain(strays), ...next, ...(next.some(({ kind }) => kind === 'switch') ? [] : liveSteps)]
}

const drain = (replicas: Replica[]): Step[] => (replicas.length > 0 ? [{ kind: 'drain', replicas }] : [])

/** The next version beside the live one: all of it ready before any request goes there. */
function rollOut(record: WorkloadRecord, mine: Replica[], old: Replica[], count: number, nowMs: number): Step[] {
  const { wanted, rollout } = record
  if (mine.filter(isReady).length >= count) return [{ kind: 'switch' }, ...drain(old), ...drain(mine.slice(count))]
  if (rollout.exits >= exitsMax) {
    return [{ kind: 'fail', detail: rollout.detail ?? 'It ended before it was ready.' }, ...drain(mine)]
  }
  const { path, timeoutSeconds } = wanted.wish.readiness
  if (rollout.startedAtMs !== undefined && nowMs - rollout.startedAtMs > timeoutSeconds * 1_000) {
    const because = rollout.detail === undefined ? '' : ` ${rollout.detail}`
    return [
      { kind: 'fail', detail: `GET ${path} did not answer 2xx within ${timeoutSeconds} s.${because}` },
      ...drain(mine),
    ]
  }
  return mine.length < count ? [{ kind: 'start', version: wanted, count: count - mine.length }] : []
}

function keepLive(record: WorkloadRecord, live: Version, mine: Replica[], count: number, nowMs: number): Step[] {
  const timeoutMs = live.wish.readiness.timeoutSeconds * 1_000
  const stuck = mine.filter((replica) => replica.phase === 'starting' && nowMs - replica.startedAtMs > timeoutMs)
  const detail = `GET ${live.wish.readiness.path} did not answer 2xx within ${live.wish.readiness.timeoutSeconds} s.`
  const healthy = mine.filter((replica) => !stuck.includes(replica))
  const steps: Step[] = stuck.map((replica) => ({ kind: 'crashed', replica, detail }))
  // Those that are not ready yet go first.
  const byUse = [...healthy].sort((a, b) => Number(isReady(b)) - Number(isReady(a)))
  if (healthy.length > count) return [...steps, ...drain(byUse.slice(count))]
  if (healthy.length < count && nowMs >= record.crashes.nextStartAtMs) {
    return [...steps, { kind: 'start', version: live, count: count - healthy.length }]
  }
  return steps
}
