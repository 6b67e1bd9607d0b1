import { failure } from '@plinth/contracts'
import { backoffMs, pause, type OutgoingEvent } from '@plinth/kernel'
import { ErrorCode, StringCodec, type PubAck } from 'nats'
import { reconcileAll } from './streams.ts'
import { inSpan, SpanKind } from './tracing.ts'
import { busFailure, codeOf, isPermissionError, type Wire } from './wire.ts'

const keysInFlightMax = 256
const ackTimeoutMs = 5_000
/** All retries of one message lie within the broker's duplicate window, so a retry never stores it twice. */
const giveUpMs = 45_000
const utf8 = StringCodec()

/** Stores the events: those of one key one after the other, different keys side by side. */
export async function publish(wire: Wire, events: readonly OutgoingEvent[]): Promise<void> {
  if (events.length === 0) return
  const lanes = [...Map.groupBy(events, ({ key }) => key).values()]
  const attributes = { 'messaging.system': 'nats', 'messaging.batch.message_count': events.length }
  await inSpan('publish events', { kind: SpanKind.PRODUCER, attributes }, async () => {
    const takers = Array.from({ length: Math.min(keysInFlightMax, lanes.length) }, async () => {
      for (let lane = lanes.pop(); lane !== undefined; lane = lanes.pop()) {
        for (const { subject, body, id } of lane) await publishStored(wire, subject, body, id)
      }
    })
    // Every lane ends before we answer: a caller who repeats must not race with our own rest.
    const failed = (await Promise.allSettled(takers)).find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
  })
}

/** Publishes one message until the broker says that it is stored; the id makes any number of tries one message. */
export async function publishStored(wire: Wire, subject: string, body: string, id: string): Promise<PubAck> {
  const payload = utf8.encode(body)
  const giveUpAt = performance.now() + giveUpMs
  for (let attempt = 1; ; attempt++) {
    try {
      return await publishOnce(wire, subject, payload, id)
    } catch (error) {
      if (codeOf(error) === ErrorCode.MaxPayloadExceeded) throw failure('platform.body_too_large', { cause: error })
      if (isPermissionError(error)) throw busFailure(error, `publishing to ${subject}`)
      const isOver = wire.closing.aborted || wire.nc.isClosed() || performance.now() > giveUpAt
      if (isOver) throw failure('platform.unavailable', { cause: error })
      wire.logger.warn({ err: error, subject, eventId: id, attempt }, 'publishing again with the same id')
      // Nobody took it although we are connected: the stream is gone, with the broker's data perhaps.
      if (codeOf(error) === ErrorCode.NoResponders && wire.isConnected()) await reconcileAll(wire)
      await pause(backoffMs(attempt, 100, 2_000), wire.closing)
    }
  }
}

/** One try. A lost connection ends it at once: the client would wait for its timeout although no answer can come. */
function publishOnce(wire: Wire, subject: string, payload: Uint8Array, id: string): Promise<PubAck> {
  if (!wire.isConnected()) return Promise.reject(failure('platform.unavailable'))
  return new Promise<PubAck>((resolve, reject) => {
    const off = wire.onConnection((connected) => {
      if (!connected) reject(failure('platform.unavailable'))
    })
    wire.js.publish(subject, payload, { msgID: id, timeout: ackTimeoutMs }).then(resolve, reject).finally(off)
  })
}
