import { failure } from '@plinth/contracts'
import type { Engine, Row } from '../engine/engine.ts'
import { EngineError } from '../engine/engine.ts'

/** Rows of a reading statement; what the store says about a failure stays in our logs. */
export async function ask(engine: Engine, statement: string): Promise<Row[]> {
  try {
    return await engine.query(statement)
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind === 'refused') throw error
    if (error.kind === 'unavailable')
      throw failure('platform.unavailable', { detail: 'The telemetry store is not there just now.', cause: error })
    throw failure('telemetry.query_invalid', {
      detail:
        'The query reads more than one query may: narrow its time, name an environment and a workload, or ask for larger steps.',
      cause: error,
    })
  }
}

export const text = (row: Row, column: string): string => {
  const value = row[column]
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}
export const number = (row: Row, column: string): number => Number(row[column] ?? 0)

/** A Map column. */
export function map(row: Row, column: string): Record<string, string> {
  const value = row[column]
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, String(each)]))
}
