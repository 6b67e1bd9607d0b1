import type { Logger } from '@plinth/kernel'
import { pino, stdTimeFunctions, type DestinationStream, type Level, type Logger as PinoLogger } from 'pino'

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
