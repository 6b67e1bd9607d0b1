import { failure } from '@plinth/contracts'
import { attributesText, valueText } from '../otlp/any-value.ts'
import { decodeRequest, type LogRecordMessage, type LogsMessage } from '../otlp/messages.ts'
import type { Stamp } from '../stamp.ts'
import { ids, severityName, type Log } from './logs.ts'
import { timestamp } from './moments.ts'

export type TailFilter = { project: string; environment?: string; workload?: string; search?: string }
export type Tail = {
  /** Hands log records, just accepted, to those who watch their project. */
  publish(stamp: Stamp, payload: Uint8Array, receivedSeconds: number): void
  /** Records from now on, until the signal aborts. */
  follow(filter: TailFilter, signal: AbortSignal): AsyncIterable<{ data: Log }>
}

const watchersMax = 200
/** Records that wait for one reader; a reader that is slower loses the oldest of them, and is told so. */
const waitingMax = 1_000

type Watcher = { filter: TailFilter; offer(record: Log): void }

/** Live tail from the stream itself: an idle viewer costs nothing, and nobody polls the store. */
export function openTail(): Tail {
  const watchers = new Set<Watcher>()
  return {
    publish(stamp, payload, receivedSeconds) {
      const watching = [...watchers].filter(({ filter }) => isIn(stamp, filter))
      if (watching.length === 0) return
      for (const record of recordsOf(stamp, payload, receivedSeconds)) {
        for (const { filter, offer } of watching) if (matches(record, filter)) offer(record)
      }
    },
    follow(filter, signal) {
      if (watchers.size >= watchersMax)
        throw failure('platform.rate_limited', { detail: 'Too many live tails are open.', retryAfterSeconds: 10 })
      return follow(watchers, filter, signal)
    },
  }
}

async function* follow(watchers: Set<Watcher>, filter: TailFilter, signal: AbortSignal): AsyncGenerator<{ data: Log }> {
  let waiting: Log[] = []
  let left = 0
  let wake = (): void => {}
  const stop = (): void => wake()
  const watcher: Watcher = {
    filter,
    offer(record) {
      waiting.push(record)
      if (waiting.length > waitingMax) {
        waiting.shift()
        left++
      }
      wake()
    },
  }
  watchers.add(watcher)
  signal.addEventListener('abort', stop, { once: true })
  try {
    while (!signal.aborted) {
      if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      const batch = waiting
      waiting = []
      if (left > 0) yield { data: notice(filter, left) }
      left = 0
      for (const data of batch) yield { data }
    }
  } finally {
    watchers.delete(watcher)
    signal.removeEventListener('abort', stop)
  }
}

const isIn = (stamp: Stamp, { project, environment, workload }: TailFilter): boolean =>
  stamp.project === project &&
  (environment === undefined || stamp.environment === environment) &&
  (workload === undefined || stamp.workload === workload)

const matches = ({ body }: Log, { search }: TailFilter): boolean =>
  search === undefined || body.toLowerCase().includes(search.toLowerCase())

const notice = ({ environment = '', workload = '' }: TailFilter, left: number): Log => ({
  time: new Date().toISOString(),
  environment,
  workload,
  deployment: '',
  severity: 'WARN',
  body: `${left} records were left out of this live view: they came faster than it was read. The query has all of them.`,
  attributes: { 'plinth.tail.left_out': String(left) },
})

function recordsOf({ environment, workload, deployment }: Stamp, payload: Uint8Array, receivedSeconds: number): Log[] {
  const { resourceLogs = [] } = decodeRequest('logs', payload) as LogsMessage
  const messages = resourceLogs.flatMap(({ scopeLogs = [] }) => scopeLogs.flatMap(({ logRecords = [] }) => logRecords))
  return messages.map((message) => ({
    time: timestamp(timeOf(message, receivedSeconds)),
    environment,
    workload,
    deployment,
    severity: severityName(severityNumber(message)),
    body: valueText(message.body),
    ...ids(hex(message.traceId, 16), hex(message.spanId, 8)),
    attributes: attributesText(message.attributes),
  }))
}

// The same choices as the insert statement makes.
const timeOf = (message: LogRecordMessage, receivedSeconds: number): string =>
  [message.timeUnixNano, message.observedTimeUnixNano]
    .map((value) => `${(value as bigint | undefined) ?? 0}`)
    .find((value) => value !== '0') ?? `${receivedSeconds}000000000`

const numberOfText: Readonly<Record<string, number>> = {
  trace: 1,
  debug: 5,
  warn: 13,
  warning: 13,
  error: 17,
  fatal: 21,
  critical: 21,
}
const severityNumber = ({ severityNumber: given = 0, severityText = '' }: LogRecordMessage): number =>
  given >= 1 && given <= 24 ? given : (numberOfText[severityText.toLowerCase()] ?? 9)

const hex = (id: Uint8Array | undefined, length: number): string =>
  id?.length === length ? Buffer.from(id).toString('hex') : ''
