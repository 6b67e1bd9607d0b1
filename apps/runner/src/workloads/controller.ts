import { pause } from '@plinth/kernel'
import { join } from 'node:path'
import { terminate } from '../processes/signals.ts'
import { decide, type Step } from './decide.ts'
import { accountFor } from './departures.ts'
import { becomesReady } from './readiness.ts'
import type { ControllerParts } from './parts.ts'
import type { Replica, Version, WorkloadRecord } from './record.ts'
import { releaseFetcher } from './release-fetcher.ts'
import { launcher } from './launch.ts'
import { observed, stateOf, type State } from './state.ts'

export type Controller = {
  /** Looks again: something happened. */
  nudge(): void
  /** Changes the record, on disk before this returns. */
  update(change: (record: WorkloadRecord) => void): void
  observe(): State
  record(): WorkloadRecord
  /** Lets go of the workload, its processes untouched. */
  release(): Promise<void>
}

const tickMs = 500

/**
 * Brings one workload to its wish: one pass at a time, each from the record alone, so that a pass after a crash of
 * the runner is no different from any other.
 */
export function workloadController(name: string, record: WorkloadRecord, parts: ControllerParts): Controller {
  const { clock, records, table } = parts
  const stopping = new AbortController()
  const background = new Map<string, Promise<void>>()
  const logsFolder = join(records.folder(name), 'logs')
  const nowMs = (): number => clock.now().getTime()
  let isReleased = false
  // What was let go of belongs to the next runner: nothing of this one writes over it any more.
  const save = (): void => void (isReleased || records.save(name, record))
  const fetcher = releaseFetcher(record, parts, () => nudge())
  const launch = launcher(name, record, { ...parts, logsFolder, save, nudge: () => nudge() })
  let lastSeen = ''
  let isPassing = false
  let isAskedAgain = false

  function nudge(): void {
    if (stopping.signal.aborted) return
    if (isPassing) {
      isAskedAgain = true
      return
    }
    isPassing = true
    const work = pass()
      .catch((error: unknown) => parts.logger.error({ err: error, workload: name }, 'a pass over the workload failed'))
      .finally(() => {
        isPassing = false
        background.delete('pass')
        if (isAskedAgain) {
          isAskedAgain = false
          nudge()
        }
      })
    background.set('pass', work)
  }

  async function pass(): Promise<void> {
    let isDirty = accountFor(record, { logsFolder, nowMs: nowMs(), launch })
    for (const step of decide(record, nowMs())) {
      if (await take(step)) isDirty = true
    }
    const state = stateOf(record)
    if (state !== record.state) {
      record.state = state
      record.since = clock.now().toISOString()
      isDirty = true
    }
    if (isDirty) save()
    publish()
    for (const replica of record.replicas) attend(replica)
    tell()
  }

  /** Says whether the record changed. */
  async function take(step: Step): Promise<boolean> {
    switch (step.kind) {
      case 'start':
        return start(step.version, step.count)
      case 'switch':
        record.live = record.wanted
        record.restarts = 0
        record.crashes = { inARow: 0, nextStartAtMs: 0 }
        delete record.failure
        break
      case 'drain':
        for (const replica of step.replicas) replica.phase = 'draining'
        break
      case 'crashed':
        step.replica.phase = 'draining'
        launch.noteCrash(step.detail, nowMs())
        break
      case 'fail':
        record.failure = { generation: record.wanted.generation, detail: step.detail }
        parts.logger.warn(
          { workload: name, deployment: record.wanted.wish.deployment },
          'the new version did not get ready',
        )
    }
    return true
  }

  async function start(version: Version, count: number): Promise<boolean> {
    const folder = fetcher.ready(version, nowMs())
    if (folder === undefined) return false
    const isRollout = version.generation !== record.live?.generation
    if (isRollout) record.rollout.startedAtMs ??= nowMs()
    await launch.start(version, count, folder)
    return true
  }

  function publish(): void {
    const { live, wanted, replicas } = record
    if (record.isRemoved) return table.withdraw(name)
    const serving = replicas.filter(({ phase, generation }) => phase === 'ready' && generation === live?.generation)
    table.publish(name, {
      hosts: (live ?? wanted).wish.hosts,
      replicas: serving.map(({ id, port }) => ({ id, port })),
    })
  }

  /** Gives a replica the one thing that it waits for, unless that is under way. */
  function attend(replica: Replica): void {
    const key = `${replica.phase} ${replica.id}`
    if (replica.phase === 'ready' || background.has(key)) return
    const work = (replica.phase === 'starting' ? probe(replica) : retire(replica)).finally(() => {
      background.delete(key)
      nudge()
    })
    background.set(key, work)
  }

  async function probe(replica: Replica): Promise<void> {
    const { wish } = replica.generation === record.live?.generation ? record.live : record.wanted
    const ended = new AbortController()
    const watch = setInterval(() => {
      if (replica.phase !== 'starting' || !record.replicas.includes(replica)) ended.abort()
    }, 50)
    const isReady = await becomesReady(
      replica.port,
      wish.readiness.path,
      AbortSignal.any([ended.signal, stopping.signal]),
    )
    clearInterval(watch)
    if (isReady && replica.phase === 'starting') {
      replica.phase = 'ready'
      replica.startedAtMs = nowMs()
      save()
    }
  }

  async function retire(replica: Replica): Promise<void> {
    await table.whenIdle(replica.id, parts.drainMs)
    if (replica.process) await terminate(replica.process, { sandboxed: replica.sandboxed, graceMs: parts.graceMs })
    launch.sweep(replica)
    record.replicas = record.replicas.filter((each) => each !== replica)
    save()
  }

  function tell(): void {
    const { since: _since, ...seen } = observed(name, record)
    const text = JSON.stringify(seen)
    if (text === lastSeen) return
    lastSeen = text
    parts.changed(name)
  }

  const ticking = (async () => {
    for (; !stopping.signal.aborted; await pause(tickMs, stopping.signal)) nudge()
  })()

  return {
    nudge,
    update(change) {
      change(record)
      save()
      nudge()
    },
    observe: () => observed(name, record),
    record: () => record,
    async release() {
      stopping.abort()
      await Promise.all([ticking, background.get('pass')])
      isReleased = true
    },
  }
}
