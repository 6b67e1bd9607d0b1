import type { Fields, Logger } from '@plinth/kernel'
import { pino, stdTimeFunctions, symbols, type DestinationStream, type Level, type Logger as PinoLogger } from 'pino'

/** Members that hold a secret wherever they turn up, two levels deep. */
const secrets = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'privateKey',
  'identityPrivateKey',
  'secretKey',
]

/**
 * A logger that writes JSON lines, the object's members first. `destination` is standard output unless a test or a
 * tool wants the lines itself. Never logs bodies; known secret members are replaced by `[redacted]`.
 */
export function createLogger(options: { service: string; level?: string }, destination?: DestinationStream): Logger {
  const settings = {
    level: (options.level ?? 'info') as Level,
    base: { service: options.service },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: [...secrets, ...secrets.map((name) => `*.${name}`)], censor: '[redacted]' },
  }
  return destination === undefined ? pino(settings) : pino(settings, destination)
}

/**
 * The same logger for the one line of each request that went well: its members are listed where it is written, and none
 * can hold a secret, so nobody looks for one. Looking, with wildcards, costs more than all else that writes the line.
 * A line that holds an error goes through the logger itself.
 */
export const requestLines = (logger: Logger): Logger => (logger as PinoLogger).child({}, { redact: [] })

type Pino = Pick<PinoLogger, 'isLevelEnabled'> & {
  [symbols.chindingsSym]: string
  [symbols.streamSym]: DestinationStream
}

/** Of a request that went well. `members` is JSON text without its braces, up to the value of its last member. */
export type RequestLine = { members: string; durationMs: number; requestId: string; isAborted: boolean }
export type RequestLines = {
  write(line: RequestLine): void
  /** Writes what is held back: for whoever writes a line that must not come before them. */
  flush(): void
}

const heldMax = 100
const heldMs = 20

/**
 * Writes the lines of requests that went well where even `requestLines` costs too much, at info; the caller sees to it
 * that no secret is in them, and that the id needs no escaping. A line is what `requestLines` would write of the same
 * members, and nothing is written where the logger's level is above.
 *
 * Lines are held back for some milliseconds, or until the process exits, and then put together one after the other:
 * what writes lines leaves the processor's caches in between, and costs three times as much for each alone.
 */
export function requestLineWriter(logger: Logger): RequestLines {
  const lines = requestLines(logger) as Logger & Partial<Pino>
  const stream = lines[symbols.streamSym]
  // Not one of pino's: somebody wants the lines in another form.
  if (stream === undefined)
    return { write: (line) => lines.info(JSON.parse(`{${membersOf(line)}}`) as Fields, 'request'), flush() {} }
  if (lines.isLevelEnabled?.('info') !== true) return { write() {}, flush() {} }
  const afterTime = ['Z"', lines[symbols.chindingsSym] ?? '', ','].join('')
  const textOf = lineText(afterTime)
  let held: { atMs: number; line: RequestLine }[] = []
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (held.length === 0) return
    const text = held.map(textOf).join('')
    held = []
    stream.write(text)
  }
  // Before whoever holds the lines back once more.
  process.prependOnceListener('exit', flush)
  return {
    write(line) {
      held.push({ atMs: Date.now(), line })
      if (held.length >= heldMax) flush()
      else timer ??= setTimeout(flush, heldMs).unref()
    },
    flush,
  }
}

const membersOf = ({ members, durationMs, requestId, isAborted }: RequestLine): string =>
  `${members}${durationMs},"requestId":"${requestId}"${isAborted ? ',"aborted":true' : ''}`

function lineText(afterTime: string): (held: { atMs: number; line: RequestLine }) => string {
  let second = -1
  let upToSecond = ''
  return ({ atMs, line }) => {
    const now = Math.floor(atMs / 1_000)
    if (now !== second) {
      second = now
      // Joined is one piece of memory, which each line is put together from the sooner.
      upToSecond = ['{"level":"info","time":"', new Date(atMs).toISOString().slice(0, 20)].join('')
    }
    const ms = String(atMs - now * 1_000).padStart(3, '0')
    return `${upToSecond}${ms}${afterTime}${membersOf(line)},"msg":"request"}\n`
  }
}
