import { backoffMs, pause, type Logger, type Worker } from '@plinth/kernel'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, writeJsonDurably } from '../files/durable-file.ts'
import { logFile, type LogOwner } from '../workloads/replica-process.ts'
import { keepWithinLimit, readLines } from './log-file.ts'
import { logRecord } from './log-record.ts'
import { attributes, send } from './otlp.ts'

/** One workload's log folder, and which of its replicas still write. */
export type LogFolder = { folder: string; running: ReadonlySet<string> }

const everyMs = 500
const abandonedAfterMs = 24 * 3_600_000

/** What was shipped of each file, in bytes: moves on only after the receiver has stored it. */
type Offsets = Record<string, number>

/**
 * Ships what replicas write. Their log files are the spool: written by the processes themselves, read from a saved
 * offset, so neither a restart of the runner nor an hour without the telemetry service loses a line.
 */
export function logShipper(o: { folders(): LogFolder[]; logger: Logger }): Worker {
  const stopping = new AbortController()
  const pauses = new Map<string, { failures: number; untilMs: number }>()
  let work: Promise<void> | undefined

  async function shipFolder({ folder, running }: LogFolder): Promise<void> {
    const offsetsFile = join(folder, 'offsets.json')
    const offsets = (readJson(offsetsFile) ?? {}) as Offsets
    for (const owner of ownersIn(folder)) {
      // Each replica waits for itself: one whose token has ended must not hold up those of the next deployment.
      const waiting = pauses.get(owner.replica)
      if (waiting && performance.now() < waiting.untilMs) continue
      const outcome = await shipReplica({ folder, owner, isOver: !running.has(owner.replica), offsets, offsetsFile })
      if (outcome === 'later') {
        const failures = (waiting?.failures ?? 0) + 1
        pauses.set(owner.replica, { failures, untilMs: performance.now() + backoffMs(failures, 500, 15_000) })
      } else pauses.delete(owner.replica)
    }
  }

  async function shipAll(): Promise<void> {
    await Promise.all(
      o
        .folders()
        .map((each) =>
          shipFolder(each).catch((error: unknown) =>
            o.logger.warn({ err: error, folder: each.folder }, 'logs could not be shipped'),
          ),
        ),
    )
  }

  return {
    name: 'log shipper',
    start() {
      work = (async () => {
        for (; !stopping.signal.aborted; await pause(everyMs, stopping.signal)) await shipAll()
      })()
    },
    async stop() {
      stopping.abort()
      await work
    },
  }
}

function ownersIn(folder: string): LogOwner[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return []
  }
  return names
    .filter((name) => name.endsWith('.owner'))
    .flatMap((name) => {
      const owner = readJson(join(folder, name))
      return owner === undefined ? [] : [owner as LogOwner]
    })
}

type Shipping = { folder: string; owner: LogOwner; isOver: boolean; offsets: Offsets; offsetsFile: string }

async function shipReplica(shipping: Shipping): Promise<'done' | 'later'> {
  const { folder, owner, isOver, offsets, offsetsFile } = shipping
  let outcome: 'done' | 'later' = 'done'
  for (const stream of ['stdout', 'stderr'] as const) {
    const path = logFile(folder, owner.replica, stream)
    const key = `${owner.replica}.${stream}`
    for (
      let piece = readLines(path, offsets[key] ?? 0, isOver);
      outcome === 'done';
      piece = readLines(path, offsets[key] ?? 0, isOver)
    ) {
      if (piece === undefined || piece.nextOffset === (offsets[key] ?? 0)) break
      const nowMs = Date.now()
      const records = piece.lines.map((line) => logRecord(line, stream, nowMs))
      const answer = records.length === 0 ? 'taken' : await send(owner, 'logs', message(owner, records))
      if (answer === 'later') outcome = 'later'
      else {
        offsets[key] = piece.nextOffset
        writeJsonDurably(offsetsFile, offsets)
      }
    }
    const cut = keepWithinLimit(path, offsets[key] ?? 0)
    if (cut.offset !== (offsets[key] ?? 0)) {
      offsets[key] = cut.offset
      writeJsonDurably(offsetsFile, offsets)
    }
  }
  if (isOver && (outcome === 'done' || isAbandoned(folder, owner.replica))) forget(shipping)
  return outcome
}

const isAbandoned = (folder: string, replica: string): boolean => {
  try {
    return Date.now() - statSync(logFile(folder, replica, 'stdout')).mtimeMs > abandonedAfterMs
  } catch {
    return true
  }
}

function forget({ folder, owner, offsets, offsetsFile }: Shipping): void {
  for (const stream of ['stdout', 'stderr'] as const) {
    rmSync(logFile(folder, owner.replica, stream), { force: true })
    delete offsets[`${owner.replica}.${stream}`]
  }
  rmSync(join(folder, `${owner.replica}.owner`), { force: true })
  writeJsonDurably(offsetsFile, offsets)
}

const message = (owner: LogOwner, logRecords: unknown[]): unknown => ({
  resourceLogs: [
    {
      resource: { attributes: attributes(owner.resource) },
      scopeLogs: [{ scope: { name: 'plinth.runner' }, logRecords }],
    },
  ],
})
