import { streamOf, type CloudEvent, type EventSource } from '@plinth/contracts'
import { backoffMs, pause } from '@plinth/kernel'
import type { FollowedEvent, FollowOptions } from './bus.ts'
import { decodePositions, encodePositions, type Positions } from './cursor.ts'
import { followOnce, type Followed } from './follow-stream.ts'
import { parseCloudEvent } from './envelope.ts'
import { apiCodeOf, busFailure, streamNotFound, untilConnected, type Wire } from './wire.ts'

/**
 * Events of several sources as one sequence, each with the cursor to go on after it, until the signal aborts. Leaves
 * nothing behind on the broker. Those of one source are in order, without gap or repeat, also over a reconnect.
 */
export async function* follow(wire: Wire, options: FollowOptions): AsyncGenerator<FollowedEvent> {
  const over = new AbortController()
  const signal = AbortSignal.any([options.signal, wire.closing, over.signal])
  const positions = await startPositions(wire, options)
  const inbound: Followed[] = []
  let wake = (): void => {}
  const push = (item: Followed): void => {
    inbound.push(item)
    wake()
  }
  const pattern = options.filter?.split('.')
  const readers = options.sources.flatMap((source) => {
    const filter = filterFor(source, pattern)
    return filter === undefined ? [] : [followSource(wire, { source, filter, positions, push, signal })]
  })
  signal.addEventListener('abort', () => wake(), { once: true })
  try {
    while (!signal.aborted) {
      const item = inbound.shift()
      if (item === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve
          if (inbound.length > 0 || signal.aborted) resolve()
        })
        continue
      }
      if (item.kind === 'release') {
        item.release()
        continue
      }
      positions[item.source] = { born: item.born, sequence: item.sequence }
      const event = readable(wire, item)
      if (event) yield { event, cursor: encodePositions(positions) }
    }
  } finally {
    over.abort()
    await Promise.all(readers)
  }
}

function readable(wire: Wire, item: Followed & { kind: 'event' }): CloudEvent | undefined {
  try {
    return parseCloudEvent(item.data)
  } catch (error) {
    wire.logger.warn({ err: error, source: item.source, sequence: item.sequence }, 'skipped what is no event')
    return undefined
  }
}

/** nats-server wants a filter that lies within the stream: a `*` for the source is made that source. None: no event of it fits. */
function filterFor(source: EventSource, pattern: readonly string[] | undefined): string | undefined {
  if (pattern === undefined) return `plinth.${source}.>`
  const [root, second, ...rest] = pattern
  if (root === '>' || (root === 'plinth' && second === '>')) return `plinth.${source}.>`
  if (root !== 'plinth' || (second !== '*' && second !== source) || rest.length === 0) return undefined
  return ['plinth', source, ...rest].join('.')
}

/** Where each source is read from: after the cursor, or after what is there now. */
async function startPositions(wire: Wire, { sources, fromSequence }: FollowOptions): Promise<Positions> {
  const known = fromSequence === undefined ? {} : decodePositions(fromSequence)
  const positions: Positions = {}
  for (const source of sources) {
    const position = known[source] ?? (await endOf(wire, source))
    if (position) positions[source] = position
  }
  return positions
}

async function endOf(wire: Wire, source: EventSource): Promise<Positions[string] | undefined> {
  try {
    const { created, state } = await wire.jsm.streams.info(streamOf(source))
    return { born: Date.parse(created), sequence: state.last_seq }
  } catch (error) {
    if (apiCodeOf(error) === streamNotFound) return undefined
    throw busFailure(error, 'following events')
  }
}

type SourceReader = {
  source: EventSource
  filter: string
  positions: Positions
  push(item: Followed): void
  signal: AbortSignal
}

/** Reads one source for as long as it is followed; what breaks is taken up again after the last event received. */
async function followSource(wire: Wire, reader: SourceReader): Promise<void> {
  let position = reader.positions[reader.source]
  const push = (item: Followed): void => {
    if (item.kind === 'event') position = { born: item.born, sequence: item.sequence }
    reader.push(item)
  }
  for (let failures = 0; !reader.signal.aborted;) {
    await untilConnected(wire, reader.signal)
    if (reader.signal.aborted) return
    try {
      const { created, state } = await wire.jsm.streams.info(streamOf(reader.source))
      const born = Date.parse(created)
      // A stream made anew counts from 1 again: nothing of it was read yet.
      const isKnown = position?.born === born && position.sequence <= state.last_seq
      const after = isKnown && position ? position.sequence : 0
      failures = 0
      await followOnce(wire, { ...reader, push, born, after })
    } catch (error) {
      failures++
      if (apiCodeOf(error) !== streamNotFound)
        wire.logger.debug({ err: error, source: reader.source }, 'following was interrupted')
    }
    await pause(failures === 0 ? 0 : backoffMs(failures, 100, 2_000), reader.signal)
  }
}
