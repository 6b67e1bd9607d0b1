import { pause, type Logger, type Worker } from '@plinth/kernel'
import type { FastifyInstance } from 'fastify'

type Parts = { app: FastifyInstance; workers: readonly Worker[]; logger: Logger; after: () => Promise<unknown> }

const graceMs = 9_000

/** Closes in order: no new connections, streams end (their clients come back elsewhere), requests finish, the rest stops. */
export function closer({ app, workers, logger, after }: Parts): () => Promise<void> {
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    const closed = app.close()
    const stopped = Promise.all(
      [...workers].reverse().map(async (worker) => {
        await Promise.resolve(worker.stop()).catch((error: unknown) =>
          logger.error({ err: error, worker: worker.name }, 'a worker did not stop cleanly'),
        )
      }),
    )
    // For answers that had begun: their connections are idle once they end.
    const sweep = setInterval(() => app.server.closeIdleConnections(), 100)
    const over = new AbortController()
    const work = Promise.all([closed, stopped]).then(() => over.abort())
    await Promise.race([work, pause(graceMs, over.signal)])
    clearInterval(sweep)
    if (!over.signal.aborted) app.server.closeAllConnections()
    await after()
  }
  return () => (closing ??= close())
}
