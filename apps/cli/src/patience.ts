import { backoffMs, pause } from '@plinth/kernel'
import { PlinthError } from '@plinth/client'

const waitMs = 60_000
const passing = new Set([0, 429, 502, 503, 504])

/**
 * Asks again while the platform is not there for a moment: a service that restarts must not fail a job that asks it
 * something. Only for what may be asked twice. Says on standard error that it waits.
 */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + waitMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof PlinthError && passing.has(error.status)) || Date.now() > deadline) throw error
      if (attempt === 1) process.stderr.write(`${error.detail} Trying again …\n`)
      await pause(backoffMs(attempt, 200, 3000))
    }
  }
}
