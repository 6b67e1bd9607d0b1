import { AppError, type Identity } from '@plinth/kernel'
import { recordAudit } from '@plinth/store'
import { source, type Parts } from './parts.ts'

/** What was tried, for the ledger. */
export type Attempt = { action: string; project?: string; object: string; detail?: Record<string, unknown> }

/** Runs work, and keeps in the ledger that it was refused: its own transaction is gone by then, so in another. */
export async function auditDenials<T>(
  { store }: Pick<Parts, 'store'>,
  who: Identity,
  { project = 'platform', detail = {}, ...attempt }: Attempt,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isDenial =
      error instanceof AppError && (error.kind === 'forbidden' || error.code === 'authorization.lockout_refused')
    if (isDenial) {
      await store.transaction((tx) =>
        recordAudit(tx, source, who, {
          ...attempt,
          project,
          outcome: 'denied',
          detail: { ...detail, code: error.code },
        }),
      )
    }
    throw error
  }
}

/** The project of a domain, as the ledger files it. */
export const projectOf = (domain: string): string => (domain === '*' ? 'platform' : (domain.split('/')[0] ?? domain))
