import { AppError, backoffMs, pause, type Logger } from '@plinth/kernel'
import { StringDecoder } from 'node:string_decoder'
import { mask } from './mask.ts'
import type { Attempt, Pipelines } from './pipelines.ts'

const everyMs = 100
const pieceBytesMax = 32 * 1024
const bufferBytesMax = 16 * 1024 ** 2
const giveUpAfterMs = 60_000

export type LogStream = {
  /** What a program wrote: bytes, cut anywhere. */
  write(chunk: Buffer): void
  /** A line of the runner's own. */
  say(line: string): void
  /** Sends what is left; resolves when it is stored, or after a minute without the service. */
  end(): Promise<void>
}

/**
 * The log of an attempt on its way: decoded, masked, sent in order with byte offsets, so that a piece that was sent
 * twice is stored once. While the service is away up to 16 MiB wait here; what is written beyond that is left out, and
 * the log says so.
 */
export function logStream(o: {
  attempt: Attempt
  secrets: readonly string[]
  pipelines: Pipelines
  logger: Logger
}): LogStream {
  const decoder = new StringDecoder('utf8')
  const masked = mask(o.secrets)
  const ended = new AbortController()
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let lostBytes = 0
  let offset = 0
  let isFull: (() => void) | undefined
  let endsAtMs = Number.POSITIVE_INFINITY

  const add = (text: string): void => {
    if (text === '') return
    const bytes = Buffer.from(text)
    if (waitingBytes + bytes.length > bufferBytesMax) {
      lostBytes += bytes.length
      return
    }
    waiting.push(bytes)
    waitingBytes += bytes.length
    if (waitingBytes >= pieceBytesMax) isFull?.()
  }

  /** The next piece, cut between two characters. */
  const take = (): Buffer => {
    const all = Buffer.concat(waiting)
    let end = Math.min(all.length, pieceBytesMax)
    while (end < all.length && end > 0 && ((all[end] ?? 0) & 0xc0) === 0x80) end--
    waiting = end < all.length ? [all.subarray(end)] : []
    waitingBytes = all.length - end
    return all.subarray(0, end)
  }

  async function store(piece: Buffer): Promise<void> {
    for (let failures = 0; performance.now() < endsAtMs;) {
      try {
        const { nextOffset } = await o.pipelines.appendLog(o.attempt, offset, piece.toString('utf8'))
        const isStored = nextOffset >= offset + piece.length
        // Less than was sent is a gap: the service stores nothing beyond it and says where it goes on.
        offset = nextOffset
        if (isStored || ++failures > 3) return
      } catch (error) {
        failures++
        // Whatever is sent of an attempt that was given up is refused: nothing more is.
        if (error instanceof AppError && error.code === 'pipelines.attempt_stale') endsAtMs = 0
        const isPassing = error instanceof AppError && (error.kind === 'unavailable' || error.kind === 'timeout')
        if (!isPassing && failures > 3) {
          o.logger.warn({ err: error, job: o.attempt.job }, 'a piece of a log was refused')
          // It may have been stored before its answer was lost; if not, the next answer says so.
          offset += piece.length
          return
        }
        if (performance.now() < endsAtMs) await pause(backoffMs(failures, 100, 2_000))
      }
    }
  }

  async function pump(): Promise<void> {
    while (!ended.signal.aborted || waitingBytes > 0) {
      if (waitingBytes < pieceBytesMax && !ended.signal.aborted) {
        const filled = new Promise<void>((resolve) => (isFull = resolve))
        await Promise.race([pause(everyMs, ended.signal), filled])
      }
      if (waitingBytes > 0) await store(take())
      if (lostBytes > 0 && waitingBytes < bufferBytesMax / 2) {
        const lost = lostBytes
        lostBytes = 0
        add(`\n[plinth] ${lost} bytes of output were left out: they came faster than they could be stored.\n`)
      }
    }
  }
  const pumping = pump()

  return {
    write: (chunk) => add(masked.write(decoder.write(chunk))),
    say: (line) => add(masked.write(`${line}\n`)),
    async end() {
      add(masked.write(decoder.end()))
      add(masked.end())
      endsAtMs = Math.min(endsAtMs, performance.now() + giveUpAfterMs)
      ended.abort()
      await pumping
    },
  }
}
