import { pause, type Logger, type Worker } from '@plinth/kernel'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

type Parts = {
  app: FastifyInstance
  /** Requests under way and how they are answered. */
  running: ReadonlyMap<FastifyRequest, FastifyReply>
  workers: readonly Worker[]
  logger: Logger
  graceMs: number
}

/** The part of the grace that is left for those who are told that it is over. */
const lastCallMs = 500
const sweepEveryMs = 100

/**
 * Closes in order: no new connections, event streams end (their clients go on elsewhere by `Last-Event-ID`), requests
 * finish, workers stop. What is not done in the grace is aborted, then cut off.
 */
export function closer(
  { app, running, workers, logger, graceMs }: Parts,
  after: () => Promise<void>,
): () => Promise<void> {
  return async () => {
    for (const [request, reply] of running) {
      // Else the connection would stay open for a next request, and hold the close up until the grace is over.
      if (!reply.raw.headersSent) reply.raw.setHeader('connection', 'close')
      if (request.routeOptions.config.timeoutMs === 0) abort(request)
    }
    // For answers that had begun already: their connections are idle once they end.
    const sweep = setInterval(() => app.server.closeIdleConnections(), sweepEveryMs)
    const work = Promise.all([app.close(), ...[...workers].reverse().map((worker) => stop(worker, logger))]).then(
      () => 'done' as const,
    )
    const inGrace = await raced(work, Math.max(0, graceMs - lastCallMs))
    if (inGrace !== 'done') {
      logger.warn({ requests: running.size }, 'the grace is over: what still runs is aborted')
      for (const request of running.keys()) abort(request)
      if ((await raced(work, lastCallMs)) !== 'done') app.server.closeAllConnections()
    }
    clearInterval(sweep)
    await raced(after(), 2_000)
  }
}

const abort = (request: FastifyRequest): void => request.state.controller.abort(new Error('the service closes'))

async function stop(worker: Worker, logger: Logger): Promise<void> {
  try {
    await worker.stop()
  } catch (error) {
    logger.error({ err: error, worker: worker.name }, 'a worker did not stop cleanly')
  }
}

async function raced<T>(work: Promise<T>, limitMs: number): Promise<T | undefined> {
  const over = new AbortController()
  try {
    return await Promise.race([work, pause(limitMs, over.signal).then(() => undefined)])
  } finally {
    over.abort()
  }
}
