import { eventParts, streamOf, type EventData, type EventSpec } from '@plinth/contracts'
import { backoffMs, pause, type Inbox, type IncomingEvent, type Logger, type Worker } from '@plinth/kernel'
import type { JsMsg } from 'nats'
import type { Bus } from './bus.ts'
import { ackWaitMs, durable } from './consumers.ts'
import { laneOfSubject, readEvent, typeOfSubject, unreadableEvent, type Received } from './envelope.ts'
import { lanes, type Lanes, type Rest } from './lanes.ts'
import { pullForever } from './pull.ts'
import { contextOf, inSpan, SpanKind } from './tracing.ts'
import { wireOf } from './wire.ts'

export type Reaction<Tx> = { spec: EventSpec; handle(tx: Tx, event: IncomingEvent): Promise<void> }

/** What to do on an event, in the transaction in which its id is noted. */
export const on = <E extends EventSpec, Tx>(
  spec: E,
  handle: (tx: Tx, event: IncomingEvent<EventData<E>>) => Promise<void>,
): Reaction<Tx> => ({ spec, handle: (tx, event) => handle(tx, event as IncomingEvent<EventData<E>>) })

export type ListenerOptions<Tx> = {
  /** The durable name on every stream, usually the service's; replicas of a service share it and so the work. */
  consumer: string
  inbox: Inbox<Tx>
  logger: Logger
  on: readonly Reaction<Tx>[]
  /** Events handled at the same time; those of one entity never are. */
  parallelMax?: number
  /** Tries until an event is buried. */
  attemptsMax?: number
  retryBaseMs?: number
  /** Until the broker gives an event of a process that died to another; 8 s. */
  ackWaitMs?: number
}

const inHandMax = 128

/**
 * Handles facts: at least once from the wire, once in effect by the inbox, and those of one entity in their order
 * within a process. An event that fails keeps its place: it is tried again after a pause while later events of the
 * same entity wait, and is buried after the last try. One that is not what its schema says is buried at once.
 */
export function listener<Tx>(bus: Bus, options: ListenerOptions<Tx>): Worker {
  const wire = wireOf(bus)
  const reactions = new Map(options.on.map((reaction) => [reaction.spec.type as string, reaction]))
  const streams = new Set(options.on.map(({ spec }) => streamOf(eventParts(spec.type).source)))
  const stopping = new AbortController()
  const inHand = new Set<JsMsg>()
  const waitMs = options.ackWaitMs ?? ackWaitMs
  let work: Lanes
  let pulls: Promise<void>[] = []
  let heartbeat: NodeJS.Timeout | undefined

  const receive = (message: JsMsg): void => {
    const reaction = reactions.get(typeOfSubject(message.subject))
    if (reaction === undefined) return message.ack()
    inHand.add(message)
    work.add(laneOfSubject(message.subject), async (rest) => {
      try {
        await settle({ ...options, reaction, message, rest, signal: stopping.signal })
      } catch (error) {
        options.logger.error({ err: error, subject: message.subject }, 'an event could neither be handled nor buried')
        message.nak(backoffMs(message.info.redeliveryCount, 1_000, 30_000))
      } finally {
        inHand.delete(message)
      }
    })
  }
  return {
    name: `listener ${options.consumer}`,
    start() {
      work = lanes(options.parallelMax ?? 8)
      heartbeat = setInterval(() => inHand.forEach((message) => message.working()), waitMs / 3)
      const consumer = durable(options.consumer, inHandMax, { waitMs })
      pulls = [...streams].map((stream) => pullForever(wire, { stream, consumer, receive, signal: stopping.signal }))
    },
    async stop() {
      stopping.abort()
      await Promise.all(pulls)
      await work?.stop()
      clearInterval(heartbeat)
      // What we had but did not begin goes to another replica now and not after the time to ack.
      for (const message of inHand) message.nak()
    },
  }
}

type Settling<Tx> = ListenerOptions<Tx> & { reaction: Reaction<Tx>; message: JsMsg; rest: Rest; signal: AbortSignal }

/** Brings one message to its end: handled, known, or buried; or gives it back when the process stops. */
async function settle<Tx>(parts: Settling<Tx>): Promise<void> {
  const { reaction, message, inbox, consumer, logger, signal } = parts
  const received = receivedFrom(message)
  let read: ReturnType<typeof readEvent>
  try {
    read = readEvent(reaction.spec, received)
  } catch (error) {
    logger.error({ err: error, subject: message.subject, consumer }, 'buried an event that cannot be read')
    await inbox.bury(consumer, unreadableEvent(received), error)
    return message.term()
  }
  const span = {
    kind: SpanKind.CONSUMER,
    attributes: {
      'messaging.system': 'nats',
      'messaging.destination.name': message.subject,
      'plinth.event.id': read.event.id,
    },
  }
  for (let attempt = received.attempt; ; attempt++) {
    const event = { ...read.event, attempt }
    const startedAt = performance.now()
    try {
      const handling = (): Promise<string> => inbox.once(consumer, event, (tx) => reaction.handle(tx, event))
      const outcome = await inSpan(`handle ${event.type}`, span, handling, contextOf(read.traceparent))
      const durationMs = Math.round(performance.now() - startedAt)
      logger.info({ eventId: event.id, eventType: event.type, consumer, outcome, attempt, durationMs }, 'event')
      return message.ack()
    } catch (error) {
      const fields = { err: error, eventId: event.id, eventType: event.type, consumer, attempt }
      if (attempt >= (parts.attemptsMax ?? 5)) {
        logger.error(fields, 'buried an event after its last attempt')
        await inbox.bury(consumer, event, error)
        // Without a reason: nats-server 2.9 does not understand one and would deliver the message again.
        return message.term()
      }
      logger.warn(fields, 'an event failed and is tried again')
      await parts.rest(pause(backoffMs(attempt, parts.retryBaseMs ?? 500), signal))
      if (signal.aborted) return message.nak()
    }
  }
}

const receivedFrom = (message: JsMsg): Received => ({
  subject: message.subject,
  stream: message.info.stream,
  sequence: message.seq,
  messageId: message.headers?.get('Nats-Msg-Id') || undefined,
  attempt: message.info.redeliveryCount,
  data: message.data,
})
