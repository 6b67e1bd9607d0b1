import { AckPolicy, DeliverPolicy, nanos, type ConsumerConfig } from 'nats'
import { apiCodeOf, consumerNotFound, type Wire } from './wire.ts'

export const ackWaitMs = 8_000
/** Messages in hand are reported as being worked on this often, far within the time to ack. */
export const workingEveryMs = ackWaitMs / 3

/**
 * A durable pull consumer with explicit acks. Unlimited deliveries on purpose: when a message has failed too often is
 * decided where it is buried, for a limit of the broker would leave it behind in silence.
 */
export const durable = (
  name: string,
  inHandMax: number,
  o: { filter?: string; waitMs?: number } = {},
): Partial<ConsumerConfig> => ({
  durable_name: name,
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.All,
  ack_wait: nanos(o.waitMs ?? ackWaitMs),
  max_ack_pending: inHandMax,
  max_deliver: -1,
  ...(o.filter !== undefined && { filter_subject: o.filter }),
})

/** Creates the consumer or changes it to what it should be; rejects with 10059 while its stream is not there. */
export async function reconcileConsumer(wire: Wire, stream: string, want: Partial<ConsumerConfig>): Promise<void> {
  const name = want.durable_name ?? ''
  try {
    const { config } = await wire.jsm.consumers.info(stream, name)
    if (config.ack_wait === want.ack_wait && config.max_ack_pending === want.max_ack_pending) return
    await wire.jsm.consumers.update(stream, name, want)
    wire.logger.info({ stream, consumer: name }, 'changed a consumer to its declaration')
  } catch (error) {
    if (apiCodeOf(error) !== consumerNotFound) throw error
    await wire.jsm.consumers.add(stream, want)
    wire.logger.info({ stream, consumer: name }, 'made a consumer')
  }
}
