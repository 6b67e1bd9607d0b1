import type { HealthCheck } from '@plinth/kernel'
import type { FastifyInstance } from 'fastify'

const deadlineMs = 2_000

/** Alive and ready. Ready means that the broker answers and a policy is there to decide with. */
export function addOperationalRoutes(app: FastifyInstance, checks: readonly HealthCheck[]): void {
  const config = { operational: true, operation: 'operational' }
  app.get('/healthz', { config }, () => ({ alive: true }))
  app.get('/readyz', { config }, async (_request, reply) => {
    const outcomes = await Promise.all(checks.map(reasonOf))
    const failed = outcomes.filter((entry) => entry !== undefined)
    return reply.code(failed.length === 0 ? 200 : 503).send({ ready: failed.length === 0, failed })
  })
}

async function reasonOf({ name, check }: HealthCheck): Promise<{ name: string; reason: string } | undefined> {
  const deadline = AbortSignal.timeout(deadlineMs)
  const late = new Promise<'late'>((resolve) =>
    deadline.addEventListener('abort', () => resolve('late'), { once: true }),
  )
  try {
    const outcome = await Promise.race([check(deadline), late])
    return outcome === 'late' ? { name, reason: `no answer within ${deadlineMs} ms` } : undefined
  } catch {
    return { name, reason: 'not reachable or not ready' }
  }
}
