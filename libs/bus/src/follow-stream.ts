import { failure, streamOf, type EventSource } from '@plinth/contracts'
import { AckPolicy, createInbox, DeliverPolicy, JSONCodec, nanos, NatsError, ReplayPolicy, type Msg } from 'nats'
import { inboxPrefix, type Wire } from './wire.ts'

/** An event, or the broker's question whether we keep up: answered when all before it has been read. */
export type Followed =
  | { kind: 'event'; source: EventSource; born: number; sequence: number; data: Uint8Array }
  | { kind: 'release'; release(): void }

export type FollowOnce = {
  source: EventSource
  filter: string
  born: number
  after: number
  push(item: Followed): void
  signal: AbortSignal
}

const heartbeatMs = 2_000
const json = JSONCodec<{ error?: { code: number; description: string; err_code?: number } }>()

/**
 * Reads a stream through an unnamed push consumer until it breaks: a gap, silence, or a lost connection. The client's
 * own ordered consumer would need the right to read from and delete the consumers of every other service; this needs
 * one subject. The broker removes the consumer once nobody listens on its inbox.
 */
export async function followOnce(wire: Wire, o: FollowOnce): Promise<void> {
  const stream = streamOf(o.source)
  const inbox = createInbox(inboxPrefix(wire.user))
  let end = (_error?: Error): void => {}
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error ? reject(error) : resolve())
  })
  ended.catch(() => {})
  let silence: NodeJS.Timeout | undefined
  const heard = (): void => {
    clearTimeout(silence)
    silence = setTimeout(() => end(failure('platform.unavailable')), heartbeatMs * 3)
  }
  let delivered = 0
  const receive = (message: Msg): void => {
    heard()
    const place = deliveryOf(message.reply)
    if (message.headers?.code === 100 || place === undefined) return control(wire, message, o.push)
    if (place.delivery !== ++delivered) return end(failure('platform.unavailable', { detail: 'Events were skipped.' }))
    o.push({ kind: 'event', source: o.source, born: o.born, sequence: place.sequence, data: message.data })
  }
  const subscription = wire.nc.subscribe(inbox, {
    callback: (error, message) => (error ? end(error) : receive(message)),
  })
  const off = wire.onConnection((connected) => !connected && end(failure('platform.unavailable')))
  const stop = (): void => end()
  o.signal.addEventListener('abort', stop, { once: true })
  try {
    heard()
    await makeConsumer(wire, stream, { inbox, filter: o.filter, after: o.after })
    await ended
  } finally {
    clearTimeout(silence)
    off()
    o.signal.removeEventListener('abort', stop)
    subscription.unsubscribe()
  }
}

async function makeConsumer(
  wire: Wire,
  stream: string,
  o: { inbox: string; filter: string; after: number },
): Promise<void> {
  const request = {
    stream_name: stream,
    config: {
      deliver_subject: o.inbox,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: o.after + 1,
      ack_policy: AckPolicy.None,
      replay_policy: ReplayPolicy.Instant,
      max_deliver: 1,
      filter_subject: o.filter,
      flow_control: true,
      idle_heartbeat: nanos(heartbeatMs),
      inactive_threshold: nanos(10_000),
      mem_storage: true,
      num_replicas: 1,
    },
  }
  const reply = await wire.nc.request(`$JS.API.CONSUMER.CREATE.${stream}`, JSON.stringify(request), { timeout: 5_000 })
  const { error } = json.decode(reply.data)
  if (!error) return
  const refused = new NatsError(error.description, String(error.code))
  refused.api_error = error
  throw refused
}

/** Flow control asks by its reply subject; a heartbeat repeats the question in a header when our answer was lost. */
function control(wire: Wire, message: Msg, push: (item: Followed) => void): void {
  const stalled = message.headers?.get('Nats-Consumer-Stalled') || message.reply
  if (stalled) push({ kind: 'release', release: () => wire.nc.isClosed() || wire.nc.publish(stalled) })
}

/** `$JS.ACK.<stream>.<consumer>.<tries>.<stream sequence>.<delivery>.…`; two tokens more where there are domains. */
function deliveryOf(reply: string | undefined): { sequence: number; delivery: number } | undefined {
  const tokens = reply?.split('.') ?? []
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined
  const at = tokens.length > 9 ? 7 : 5
  return { sequence: Number(tokens[at]), delivery: Number(tokens[at + 1]) }
}
