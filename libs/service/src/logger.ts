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

/**
 * Writes the line of a request that went well where even `requestLines` costs too much, at info: `members` is JSON text
 * without its braces, and the caller sees to it that no secret is in it. The line is what `requestLines` would write of
 * the same members; nothing is written where the logger's level is above.
 */
export function requestLineWriter(logger: Logger): (members: string) => void {
  const lines = requestLines(logger) as Logger & Partial<Pino>
  const stream = lines[symbols.streamSym]
  // Not one of pino's: somebody wants the lines in another form.
  if (stream === undefined) return (members) => lines.info(JSON.parse(`{${members}}`) as Fields, 'request')
  if (lines.isLevelEnabled?.('info') !== true) return () => {}
  const afterTime = ['Z"', lines[symbols.chindingsSym] ?? '', ','].join('')
  let second = -1
  let upToSecond = ''
  return (members) => {
    const nowMs = Date.now()
    const now = Math.floor(nowMs / 1_000)
    if (now !== second) {
      second = now
      // Joined is one piece of memory, which each line is put together from the sooner.
      upToSecond = ['{"level":"info","time":"', new Date(nowMs).toISOString().slice(0, 20)].join('')
    }
    const ms = String(nowMs - now * 1_000).padStart(3, '0')
    stream.write(`${upToSecond}${ms}${afterTime}${members},"msg":"request"}\n`)
  }
}
