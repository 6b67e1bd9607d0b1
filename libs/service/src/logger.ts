import type { Logger } from '@plinth/kernel'
import { pino, stdTimeFunctions, type DestinationStream, type Level } from 'pino'

/** Members that hold a secret wherever they turn up, two levels deep; the wide request line holds none anyway. */
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
