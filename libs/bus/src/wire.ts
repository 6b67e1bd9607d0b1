import { AppError, type Logger } from '@plinth/kernel'
import { failure } from '@plinth/contracts'
import { ErrorCode, NatsError, type JetStreamClient, type JetStreamManager, type NatsConnection } from 'nats'
import type { Bus } from './bus.ts'

/** What the parts of this library share and nobody outside sees: the client library stays behind this one seam. */
export type Wire = {
  nc: NatsConnection
  js: JetStreamClient
  jsm: JetStreamManager
  /** The NATS user; the inbox and the streams that it may make carry its name. */
  user: string
  logger: Logger
  /** Aborts when the bus closes. */
  closing: AbortSignal
  /** What must exist on the broker, by name; each entry makes it so, and may be run again at any time. */
  wanted: Map<string, () => Promise<void>>
  isConnected(): boolean
  /** Calls back at each change of the connection; returns how to stop that. */
  onConnection(listener: (connected: boolean) => void): () => void
}

/** `_INBOX_<user>`: replies to one service are unreadable for the others. */
export const inboxPrefix = (user: string): string => `_INBOX_${user.replace(/[^A-Za-z0-9_-]/g, '_')}`

const wires = new WeakMap<Bus, Wire>()

export const bindWire = (bus: Bus, wire: Wire): void => {
  wires.set(bus, wire)
}

export function wireOf(bus: Bus): Wire {
  const wire = wires.get(bus)
  if (wire === undefined) throw new Error('This bus was not made by connectBus')
  return wire
}

/** Resolves while connected, or when the signal aborts: a request sent into an outage is lost and only times out. */
export function untilConnected(wire: Wire, signal: AbortSignal): Promise<void> {
  if (wire.isConnected() || signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      off()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const off = wire.onConnection((connected) => connected && done())
    signal.addEventListener('abort', done, { once: true })
  })
}

export const codeOf = (error: unknown): string | undefined => (error instanceof NatsError ? error.code : undefined)

/** The number that JetStream gives its errors (`err_code`), such as 10059 for a stream that is not there. */
export const apiCodeOf = (error: unknown): number | undefined =>
  error instanceof NatsError ? error.api_error?.err_code : undefined

export const streamNotFound = 10059
export const consumerNotFound = 10014

export const isPermissionError = (error: unknown): boolean => codeOf(error) === ErrorCode.PermissionsViolation

/** Reads a failure of the broker as the error that our callers know; our own errors pass through. */
export function busFailure(error: unknown, doing: string): AppError {
  if (error instanceof AppError) return error
  if (isPermissionError(error)) {
    return new AppError('bug', 'platform.bug', { detail: `The broker does not permit ${doing}.`, cause: error })
  }
  if (codeOf(error) === ErrorCode.Timeout) return failure('platform.timeout', { cause: error })
  return failure('platform.unavailable', {
    detail: `The message broker could not take part in ${doing}.`,
    cause: error,
  })
}
