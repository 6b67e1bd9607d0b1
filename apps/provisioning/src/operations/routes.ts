import type { provisioningRoutes } from '@plinth/contracts'
import { pause } from '@plinth/kernel'
import type { Handlers, ServerSentEvent } from '@plinth/service'
import type { Parts } from '../parts.ts'
import { mustFindOperation } from './store.ts'

const pollMs = 100

export const operationRoutes = ({
  store,
}: Pick<Parts, 'store'>): Handlers<Pick<typeof provisioningRoutes, 'getOperation' | 'followOperation'>> => ({
  getOperation: async ({ params }) => (await mustFindOperation(store.db, params.project, params.operation)).operation,
  async followOperation({ params, headers, signal }) {
    // Asked before the stream begins, so that an unknown operation is a 404 and not an empty stream.
    await mustFindOperation(store.db, params.project, params.operation)
    return changes(store, params, Number(headers['last-event-id']) || 0, signal)
  },
})

/** The operation at each change after `seen`, the state of now first, until it ends. */
async function* changes(
  store: Parts['store'],
  { project, operation: id }: { project: string; operation: string },
  seen: number,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  while (!signal.aborted) {
    const { operation, version } = await mustFindOperation(store.db, project, id)
    if (version > seen) yield { id: String(version), event: 'operation', data: operation }
    seen = Math.max(seen, version)
    if (operation.state !== 'running') return
    await pause(pollMs, signal)
  }
}
