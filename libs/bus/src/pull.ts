import { backoffMs, pause } from '@plinth/kernel'
import type { ConsumerConfig, ConsumerMessages, JsMsg } from 'nats'
import { reconcileConsumer } from './consumers.ts'
import { reconcileAll } from './streams.ts'
import { apiCodeOf, streamNotFound, untilConnected, type Wire } from './wire.ts'

const expiresMs = 5_000
const heartbeatMs = 1_000

export type Pull = {
  stream: string
  consumer: Partial<ConsumerConfig>
  /** Must not throw: an error in here would end the consumer of the client library. */
  receive(message: JsMsg): void
  signal: AbortSignal
}

/**
 * Receives messages until the signal aborts. A stream or consumer that is missing, at the start or later, is waited
 * for or made again; so a broker that lost its data costs time and nothing else.
 */
export async function pullForever(wire: Wire, pull: Pull): Promise<void> {
  for (let failures = 0; !pull.signal.aborted && !wire.nc.isClosed();) {
    await untilConnected(wire, pull.signal)
    if (pull.signal.aborted) return
    try {
      await reconcileConsumer(wire, pull.stream, pull.consumer)
      failures = 0
      await receiveUntilBroken(wire, pull)
    } catch (error) {
      failures++
      if (pull.signal.aborted) return
      const isMissing = apiCodeOf(error) === streamNotFound
      const fields = { stream: pull.stream, consumer: pull.consumer.durable_name, failures }
      if (isMissing) wire.logger.debug(fields, 'waiting for a stream')
      else wire.logger.warn({ ...fields, err: error }, 'receiving was interrupted')
      // Our own streams are ours to restore; those of others come back with their owners.
      if (isMissing && wire.isConnected()) await reconcileAll(wire)
      await pause(backoffMs(failures, 100, 1_000), pull.signal)
    }
  }
}

async function receiveUntilBroken(wire: Wire, pull: Pull): Promise<void> {
  const consumer = await wire.js.consumers.get(pull.stream, pull.consumer.durable_name ?? '')
  const messages: ConsumerMessages = await consumer.consume({
    max_messages: Math.min(pull.consumer.max_ack_pending ?? 100, 100),
    expires: expiresMs,
    idle_heartbeat: heartbeatMs,
    abort_on_missing_resource: true,
    callback: pull.receive,
  })
  const close = (): void => void messages.close()
  pull.signal.addEventListener('abort', close, { once: true })
  if (pull.signal.aborted) close()
  try {
    const error = await messages.closed()
    if (error instanceof Error) throw error
  } finally {
    pull.signal.removeEventListener('abort', close)
  }
}
