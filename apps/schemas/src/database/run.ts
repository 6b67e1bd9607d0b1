import { databaseMigrated } from '@plinth/contracts'
import { asAppError, backoffMs, pause, type Clock, type ErrorKind, type Logger } from '@plinth/kernel'
import { readMigrations, type Migration } from '@plinth/sql'
import { appendEvent, type QueueContext, type Store } from '@plinth/store'
import type { Bus } from '@plinth/bus'
import { applyMigration } from './apply.ts'
import { lookForDrift } from './drift.ts'
import { historyOf, prefixOf, type Applied } from './history.ts'
import type { LiveDatabases } from './live.ts'
import { brokenBy, readersThere, withoutStrangers } from './readers.ts'
import { findOpenRun, finishRun, updateRun, type RunRow } from './run-store.ts'
import type { ShadowRuns } from './shadow.ts'
import { lockPlace, recordApplied, type Place } from './store.ts'

export type RunParts = {
  store: Pick<Store, 'db' | 'transaction'>
  bus: Pick<Bus, 'ask'>
  clock: Clock
  live: LiveDatabases
  shadow: Pick<ShadowRuns, 'known'>
  logger: Logger
}
type End = { state: 'succeeded' | 'failed'; detail: string | null }

/** A database that is away for some minutes is waited for. */
const unsureMax = 30
const pauseMs = { base: 200, cap: 10_000 }
/** Some ten minutes, by the queue's own pauses. */
const attemptsMax = 25
const passing: ReadonlySet<ErrorKind> = new Set(['unavailable', 'timeout', 'conflict', 'bug'])

const placeOf = (key: string): Place => {
  const [project = '', environment = '', component = '', resource = ''] = key.split('/')
  return { project, environment, component, resource }
}

/** Works off the run of a place. Killed anywhere, the next one sees in the database itself how far it is. */
export function runMigrations(parts: RunParts) {
  const { store, clock } = parts

  async function finish(run: RunRow, end: End, context: QueueContext): Promise<void> {
    const { project, environment, component, resource, id, requestedBy } = run
    await store.transaction(async (tx) => {
      await context.fence(tx)
      await lockPlace(tx, run)
      const current = await findOpenRun(tx, run)
      if (current?.id !== id) return
      await finishRun(tx, id, end, clock.now())
      await appendEvent(tx, databaseMigrated, {
        project,
        entity: queueEntity(run),
        actor: requestedBy,
        data: {
          project, environment, component, resource, run: id, state: end.state, applied: current.applied.map(({ name }) => name), actor: requestedBy,
          ...(end.detail !== null && { detail: end.detail }),
        },
      }) // prettier-ignore
    })
  }

  return async (key: string, context: QueueContext): Promise<'done'> => {
    const place = placeOf(key)
    const run = await findOpenRun(store.db, place)
    if (run === undefined) return 'done'
    await updateRun(store.db, run.id, { state: 'running', detail: null })
    const files = await readMigrations(run.files)
    const end = await workOff(parts, run, files, context).catch((error: unknown) => endOf(error, context))
    await finish(run, end, context)
    await lookForDrift(parts, place).catch((error: unknown) =>
      parts.logger.warn({ key, error: String(error) }, 'a database could not be looked at after its migration'),
    )
    return 'done'
  }
}

/** What passes by itself is tried again, for as long as that may be hoped for. */
function endOf(error: unknown, { attempt, signal }: QueueContext): End {
  const { kind, publicDetail } = asAppError(error)
  if (signal.aborted || (passing.has(kind) && attempt < attemptsMax)) throw error
  return { state: 'failed', detail: publicDetail }
}

const queueEntity = ({ environment, component, resource }: Place): string => `${environment}.${component}.${resource}`

/** Until all that it took on is applied, one after the other, or one of them fails. */
async function workOff(parts: RunParts, run: RunRow, files: readonly Migration[], context: QueueContext): Promise<End> {
  const { store, bus, live } = parts
  let durations = run.applied
  for (let unsure = 0; ;) {
    const { applied } = await live.look(run)
    const { pending, problems } = historyOf(files, applied)
    await record(parts, run, files, applied)
    const [problem] = problems
    if (problem) return { state: 'failed', detail: `${problem.path} ${problem.message}` }
    const open = pending.filter(({ name }) => run.selected.includes(name))
    const names = new Set(open.map(({ name }) => name))
    durations = run.selected
      .filter((name) => !names.has(name))
      .map((name) => durations.find((one) => one.name === name) ?? { name, durationMs: 0 })
    await updateRun(store.db, run.id, { applied: durations })
    const [next] = open
    if (next === undefined) return { state: 'succeeded', detail: null }
    const refused = await stillRead(parts, run, files, next)
    if (refused !== undefined) return { state: 'failed', detail: refused }
    const outcome = await applyMigration({ bus, live }, run, next, {
      run: run.id,
      signal: context.signal,
      waiting: (attempt, message) =>
        updateRun(store.db, run.id, { attempts: attempt, detail: `${next.name} waits for its lock: ${message}` }),
    })
    if (outcome.state === 'failed')
      return { state: 'failed', detail: `${next.name}:${outcome.line}:${outcome.column} ${outcome.message}` }
    if (outcome.state === 'applied') {
      durations = [...durations, { name: next.name, durationMs: outcome.durationMs }]
      await updateRun(store.db, run.id, { applied: durations, detail: null })
      continue
    }
    unsure++
    if (unsure >= unsureMax) return { state: 'failed', detail: `${next.name}: ${outcome.message}` }
    await updateRun(store.db, run.id, { detail: `${next.name}: ${outcome.message}; looking whether it was applied` })
    await pause(backoffMs(unsure, pauseMs.base, pauseMs.cap), context.signal)
    context.signal.throwIfAborted()
  }
}

async function record(
  { store, clock }: RunParts,
  run: RunRow,
  files: readonly Migration[],
  applied: Applied[],
): Promise<void> {
  const done = applied.filter(({ state }) => state === 'applied')
  const schemaVersion = done.length === files.length ? run.schemaVersion : null
  await recordApplied(store.db, run, { applied, prefix: prefixOf(done), schemaVersion }, clock.now())
}

/** Somebody may have deployed other code since the run was taken on. */
async function stillRead(
  { store, bus, shadow }: RunParts,
  run: RunRow,
  files: readonly Migration[],
  next: Migration,
): Promise<string | undefined> {
  const at = files.indexOf(next)
  const [before, after] = await Promise.all([
    shadow.known(run, prefixOf(files.slice(0, at))),
    shadow.known(run, prefixOf(files.slice(0, at + 1))),
  ])
  if (before === undefined || after === undefined) return undefined
  const [broken] = brokenBy(
    [{ file: next.name, before, after }],
    await withoutStrangers(await readersThere(store.db, bus, run), run.project),
  )
  return broken && `${broken.file} ${broken.message} (${broken.reader}, built with ${broken.builtWith})`
}
