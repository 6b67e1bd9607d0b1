import { mapDatabaseError, sqlState } from '@plinth/store'
import { DatabaseError } from 'pg'

export type SqlFailure = { outcome: 'failed'; sqlState?: string; message: string; position?: number }

/** PostgreSQL's own words about a person's own SQL in their own database; of any other failure only its kind. */
export function sqlFailure(error: unknown, isTheirs: boolean): SqlFailure {
  const state = sqlState(error)
  const position = error instanceof DatabaseError ? Number(error.position) : Number.NaN
  const message =
    error instanceof DatabaseError && isTheirs
      ? [error.message, error.detail, error.hint].filter(Boolean).join('. ').slice(0, 2_000)
      : mapDatabaseError(error).publicDetail
  return {
    outcome: 'failed',
    message,
    ...(state !== undefined && { sqlState: state }),
    ...(position > 0 && { position }),
  }
}
