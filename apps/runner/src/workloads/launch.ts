import { backoffMs, newId } from '@plinth/kernel'
import { identify, isAlive } from '../processes/process-identity.ts'
import { killGroup, killMarked } from '../processes/signals.ts'
import type { ControllerParts } from './parts.ts'
import { freePort } from './ports.ts'
import { replicaMarker, startReplica } from './replica-process.ts'
import type { Replica, Version, WorkloadRecord } from './record.ts'

export type Launch = {
  start(version: Version, count: number, releaseFolder: string): Promise<void>
  /** Puts off the next start of the live version: longer with each crash in a row, 30 s at most. */
  noteCrash(detail: string, nowMs: number): void
  /** Why the replica ended, as far as anybody heard: only the runner that started it does. */
  exitOf(replica: Replica): string | undefined
  /** True for one of this runner's own whose end has not been told yet: it says why a moment after it is gone. */
  awaitsReport(replica: Replica): boolean
  /** Kills what is left of a replica although its first process is gone. */
  sweep(replica: Replica): void
}

type LaunchParts = ControllerParts & { logsFolder: string; save(): void; nudge(): void }

/** Ports of replicas that are being started, by all workloads of this process. */
const promised = new Set<number>()

const newReplica = ({ generation }: Version, port: number, { sandbox, clock }: LaunchParts): Replica => ({
  id: newId('run'),
  generation,
  port,
  sandboxed: sandbox.isIsolating,
  startedAtMs: clock.now().getTime(),
  phase: 'starting',
})

export function launcher(name: string, record: WorkloadRecord, parts: LaunchParts): Launch {
  const exits = new Map<string, string>()
  /** Started by this process and not yet told to have ended: the system says how a moment after it is gone. */
  const unreported = new Set<string>()
  const folder = parts.records.folder(name)

  function launchOne(version: Version, port: number, releaseFolder: string): void {
    const replica = newReplica(version, port, parts)
    record.replicas.push(replica)
    // The intent is on disk before there is a process: a crash right after the start finds it by its marker.
    parts.save()
    const child = startReplica(replica, version, { ...parts, releaseFolder })
    unreported.add(replica.id)
    child.once('exit', (code, signal) => {
      unreported.delete(replica.id)
      exits.set(replica.id, signal === null ? `It ended with exit code ${code}.` : `It was ended by ${signal}.`)
      parts.nudge()
    })
    child.once('error', (error) => {
      unreported.delete(replica.id)
      exits.set(replica.id, `It could not be started: ${error.message}.`)
      parts.nudge()
    })
    const identity = child.pid === undefined ? undefined : identify(child.pid)
    if (identity) replica.process = identity
    parts.save()
    parts.logger.info({ workload: name, replica: replica.id, pid: child.pid, port }, 'started a replica')
  }

  return {
    async start(version, count, releaseFolder) {
      for (let index = 0; index < count; index++) {
        const taken = new Set([...record.replicas.map(({ port }) => port), ...promised])
        const port = await freePort(taken)
        promised.add(port)
        setTimeout(() => promised.delete(port), 60_000).unref()
        launchOne(version, port, releaseFolder)
      }
    },
    noteCrash(detail, nowMs) {
      record.restarts++
      const inARow = record.crashes.inARow + 1
      record.crashes = {
        inARow,
        nextStartAtMs: nowMs + (inARow === 1 ? 0 : backoffMs(inARow - 1, 500, 30_000)),
        detail,
      }
    },
    awaitsReport: (replica) => unreported.has(replica.id),
    exitOf(replica) {
      const exit = exits.get(replica.id)
      exits.delete(replica.id)
      return exit
    },
    sweep(replica) {
      if (replica.process && isAlive(replica.process)) killGroup(replica.process)
      killMarked(replicaMarker, (value) => value === `${folder}#${replica.id}`)
    },
  }
}
