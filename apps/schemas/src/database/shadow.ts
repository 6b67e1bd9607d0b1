import type { Bus } from '@plinth/bus'
import { dryRunSql, type RpcResponse } from '@plinth/contracts'
import type { Migration } from '@plinth/sql'
import type { Clock } from '@plinth/kernel'
import type { Executor } from '@plinth/store'
import { catalogQuery, catalogText, readCatalog } from '../formats/sql/catalog.ts'
import { prefixOf } from './history.ts'
import { findCatalog, keepCatalog, type Place } from './store.ts'

type Answer = RpcResponse<typeof dryRunSql>
export type Measured = Extract<Answer, { outcome: 'done' }>['files'][number]['statements'][number]
export type DryRun =
  | {
      succeeded: true
      durationMs: number
      /** By file name. */
      measured: ReadonlyMap<string, Measured[]>
      /** What the files up to a name make; the empty name is what an empty database is. */
      catalogs: ReadonlyMap<string, string>
    }
  | { succeeded: false; file: string; line: number; column: number; message: string }

type Parts = { db: Executor; bus: Pick<Bus, 'ask'>; clock: Clock }
type Component = Pick<Place, 'project' | 'component'>

export const emptyCatalog = catalogText({ relations: [], enums: [] })

/** Tries migrations in a database of their own, and keeps what they make by what they are. */
export const shadowRuns = ({ db, bus, clock }: Parts) => {
  /** `pending` are looked at closely: what each locks, and what the schema is after it. */
  async function dryRun(
    component: Component,
    files: readonly Migration[],
    pending: readonly Migration[],
  ): Promise<DryRun> {
    const close = new Set(pending.map(({ name }) => name))
    // What was before the first pending one is needed, to tell what that changes.
    const before = files.filter(({ name }) => !close.has(name)).at(-1)
    const answer = await bus.ask(dryRunSql, {
      catalogQuery,
      files: files.map(({ name, transaction, statements }, index) => ({
        name,
        transaction,
        statements: statements.map(({ text }) => text),
        measure: close.has(name),
        catalog: close.has(name) || name === before?.name || index === files.length - 1,
      })),
    })
    if (answer.outcome === 'failed') return { succeeded: false, ...placeOfFailure(files, answer) }
    const catalogs = new Map([['', emptyCatalog]])
    for (const [index, { name, catalog }] of answer.files.entries()) {
      if (catalog === undefined) continue
      const text = catalogText(readCatalog(catalog))
      catalogs.set(name, text)
      await keepCatalog(db, component, { prefix: prefixOf(files.slice(0, index + 1)), catalog: text, at: clock.now() })
    }
    const measured = new Map(answer.files.map(({ name, statements }) => [name, statements]))
    return { succeeded: true, durationMs: answer.durationMs, measured, catalogs }
  }

  return {
    dryRun,
    /** What these files make, as kept from an earlier dry run; undefined where nobody has tried them. */
    known: (component: Component, prefix: string): Promise<string | undefined> =>
      prefix === prefixOf([]) ? Promise.resolve(emptyCatalog) : findCatalog(db, component, prefix),
  }
}

function placeOfFailure(
  files: readonly Migration[],
  { file, statement: index, message, position }: Extract<Answer, { outcome: 'failed' }>,
): { file: string; line: number; column: number; message: string } {
  const statement = files.find(({ name }) => name === file)?.statements[index]
  if (statement === undefined) return { file, line: 1, column: 1, message }
  const { text, line, column } = statement
  const before = Array.from(text)
    .slice(0, Math.max(0, (position ?? 1) - 1))
    .join('')
    .split('\n')
  const inLine = (before.at(-1)?.length ?? 0) + 1
  return { file, message, line: line + before.length - 1, column: before.length === 1 ? column + inLine - 1 : inLine }
}

export type ShadowRuns = ReturnType<typeof shadowRuns>
