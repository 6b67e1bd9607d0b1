import type { HealthCheck } from '@plinth/kernel'

export type Readiness = { ready: boolean; failed: { name: string; reason: string }[] }

/** Asks every dependency at once, each within the deadline; a reason is short and holds no address or secret. */
export async function readiness(checks: readonly HealthCheck[], deadlineMs = 2_000): Promise<Readiness> {
  const outcomes = await Promise.all(checks.map((check) => outcome(check, deadlineMs)))
  const failed = outcomes.filter((entry) => entry !== undefined)
  return { ready: failed.length === 0, failed }
}

async function outcome(
  { name, check }: HealthCheck,
  deadlineMs: number,
): Promise<{ name: string; reason: string } | undefined> {
  const deadline = AbortSignal.timeout(deadlineMs)
  // Raced, since a check that does not look at its signal must not hold the answer up.
  const late = new Promise<'late'>((resolve) =>
    deadline.addEventListener('abort', () => resolve('late'), { once: true }),
  )
  try {
    const result = await Promise.race([check(deadline), late])
    return result === 'late' ? { name, reason: `no answer within ${deadlineMs} ms` } : undefined
  } catch {
    return { name, reason: deadline.aborted ? `no answer within ${deadlineMs} ms` : 'not reachable or not ready' }
  }
}
