import { isAlive } from '../processes/process-identity.ts'
import type { Launch } from './launch.ts'
import { lastLines } from './log-tail.ts'
import type { Replica, WorkloadRecord } from './record.ts'

/** Up for this long, and the next crash counts as the first again. */
const stableMs = 60_000

/**
 * Notices which replicas are gone and what that means: of the live version a crash, of the next one a failed try, of
 * one that was to end nothing. Says whether the record changed.
 */
export function accountFor(record: WorkloadRecord, o: { logsFolder: string; nowMs: number; launch: Launch }): boolean {
  const gone = record.replicas.filter(
    (replica) =>
      replica.phase !== 'draining' &&
      (replica.process === undefined || !isAlive(replica.process)) &&
      !o.launch.awaitsReport(replica),
  )
  const isStable =
    record.crashes.inARow > 0 &&
    gone.length === 0 &&
    o.nowMs > record.crashes.nextStartAtMs &&
    record.replicas.some(({ phase, startedAtMs }) => phase === 'ready' && o.nowMs - startedAtMs > stableMs)
  if (isStable) record.crashes = { inARow: 0, nextStartAtMs: 0 }
  for (const replica of gone) depart(record, replica, o)
  return gone.length > 0 || isStable
}

function depart(
  record: WorkloadRecord,
  replica: Replica,
  o: { logsFolder: string; nowMs: number; launch: Launch },
): void {
  record.replicas = record.replicas.filter((each) => each !== replica)
  o.launch.sweep(replica)
  const lines = lastLines(o.logsFolder, replica.id)
  const said = lines === '' ? 'It wrote nothing.' : `Its last lines:\n${lines}`
  const detail = `${o.launch.exitOf(replica) ?? 'It ended.'} ${said}`
  if (replica.generation === record.live?.generation) o.launch.noteCrash(detail, o.nowMs)
  else if (replica.generation === record.wanted.generation) {
    record.rollout = { ...record.rollout, exits: record.rollout.exits + 1, detail }
  }
}
