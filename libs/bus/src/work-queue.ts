import { backoffMs, pause, type Worker } from '@plinth/kernel'
import type { Consumer, JsMsg } from 'nats'
import type { Bus } from './bus.ts'
import { durable, reconcileConsumer, workingEveryMs } from './consumers.ts'
import { publishStored } from './publish.ts'
import { ensureStream, jobsStream, reconcileAll, workStream } from './streams.ts'
import { contextOf, inSpan, SpanKind } from './tracing.ts'
import { apiCodeOf, streamNotFound, untilConnected, wireOf, type Wire } from './wire.ts'

export type WorkControl = {
  /** 1 at the first delivery. */
  attempt: number
  ack(): void
  /** Gives it back, to be offered again after the delay. */
  nak(delayMs?: number): void
  /** Says that the work goes on; also said by itself every 10 s while `handle` runs. */
  working(): void
}

export type WorkPull = {
  name: string
  /** The queues to take from: the last part of `plinth.jobs.<token>`. */
  tokens: readonly string[]
  maxInFlight: number
  /** Returning without a word acknowledges; throwing gives the work back after a pause. */
  handle(body: unknown, control: WorkControl): Promise<void>
}

export type WorkQueue = {
  /** Makes the stream; for the side that offers. */
  ensure(): Promise<void>
  /** Resolves once it is stored; the same id within two minutes is stored once. */
  offer(subjectToken: string, id: string, body: unknown): Promise<void>
  pull(options: WorkPull): Worker
}

const inHandMax = 1_000

/** Work that exactly one of several workers takes; unacknowledged work comes back within 30 s. */
export function workQueue(bus: Bus, queue: 'jobs'): WorkQueue {
  const wire = wireOf(bus)
  return {
    ensure: () => ensureStream(wire, workStream),
    async offer(subjectToken, id, body) {
      const work = (): Promise<unknown> =>
        publishStored(wire, `plinth.${queue}.${checkedToken(subjectToken)}`, JSON.stringify(body), id)
      await inSpan(`offer ${queue}`, { kind: SpanKind.PRODUCER, attributes: { 'messaging.system': 'nats' } }, work)
    },
    pull: (options) => puller(wire, queue, options),
  }
}

function checkedToken(token: string): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(token)) throw new Error(`'${token}' is no name of a queue`)
  return token
}

function puller(wire: Wire, queue: string, options: WorkPull): Worker {
  const stopping = new AbortController()
  const tokens = options.tokens.map(checkedToken)
  let loops: Promise<void>[] = []
  return {
    name: `pull ${options.name}`,
    start() {
      // A loop is a place for one piece of work: it asks for the next only when it is free.
      loops = Array.from({ length: options.maxInFlight }, (_, index) =>
        takeForever(wire, { queue, tokens, first: index, handle: options.handle, signal: stopping.signal }),
      )
    },
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}

type Taking = {
  queue: string
  tokens: readonly string[]
  first: number
  handle: WorkPull['handle']
  signal: AbortSignal
}

async function takeForever(wire: Wire, o: Taking): Promise<void> {
  const expires = o.tokens.length === 1 ? 5_000 : 1_000
  for (let turn = o.first, failures = 0; !o.signal.aborted && !wire.nc.isClosed(); turn++) {
    const token = o.tokens[turn % o.tokens.length]
    if (token === undefined) return
    await untilConnected(wire, o.signal)
    if (o.signal.aborted) return
    try {
      const consumer = await consumerOf(wire, o.queue, token)
      const message = await nextOf(consumer, expires, o.signal)
      failures = 0
      if (message) await handleOne(wire, message, o)
    } catch (error) {
      failures++
      if (o.signal.aborted) return
      if (apiCodeOf(error) === streamNotFound) await reconcileAll(wire)
      else wire.logger.warn({ err: error, queue: o.queue, token }, 'taking work was interrupted')
      await pause(backoffMs(failures, 100, 2_000), o.signal)
    }
  }
}

/** One consumer per token, shared by all who take from it: a work-queue stream allows no two on the same subject. */
async function consumerOf(wire: Wire, queue: string, token: string): Promise<Consumer> {
  await reconcileConsumer(
    wire,
    jobsStream,
    durable(`${queue}-${token}`, inHandMax, { filter: `plinth.${queue}.${token}` }),
  )
  return wire.js.consumers.get(jobsStream, `${queue}-${token}`)
}

/** The next message or null. On a stop, the request is closed and a message that crossed it goes back at once. */
async function nextOf(consumer: Consumer, expires: number, signal: AbortSignal): Promise<JsMsg | null> {
  const messages = await consumer.fetch({ max_messages: 1, expires })
  const close = (): void => void messages.close()
  signal.addEventListener('abort', close, { once: true })
  if (signal.aborted) close()
  try {
    for await (const message of messages) return message
    return null
  } finally {
    signal.removeEventListener('abort', close)
  }
}

async function handleOne(wire: Wire, message: JsMsg, o: Taking): Promise<void> {
  const attempt = message.info.redeliveryCount
  let isSettled = false
  const settle = (how: () => void): void => {
    if (isSettled) return
    isSettled = true
    how()
  }
  const control: WorkControl = {
    attempt,
    ack: () => settle(() => message.ack()),
    nak: (delayMs) => settle(() => message.nak(delayMs ?? backoffMs(attempt, 500, 30_000))),
    working: () => message.working(),
  }
  let body: unknown
  try {
    body = message.json()
  } catch (error) {
    wire.logger.error({ err: error, subject: message.subject }, 'threw away work that is not JSON')
    return message.term()
  }
  const heartbeat = setInterval(() => message.working(), workingEveryMs)
  const span = {
    kind: SpanKind.CONSUMER,
    attributes: { 'messaging.system': 'nats', 'messaging.destination.name': message.subject },
  }
  try {
    await inSpan(
      `take ${o.queue}`,
      span,
      () => o.handle(body, control),
      contextOf(message.headers?.get('traceparent') || undefined),
    )
    control.ack()
  } catch (error) {
    wire.logger.warn({ err: error, subject: message.subject, attempt }, 'work failed and is offered again')
    control.nak()
  } finally {
    clearInterval(heartbeat)
  }
}
