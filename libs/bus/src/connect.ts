import type { EventSource } from '@plinth/contracts'
import type { HealthCheck, Logger } from '@plinth/kernel'
import { connect, DebugEvents, Events, type ConnectionOptions, type NatsConnection } from 'nats'
import { ask } from './ask.ts'
import type { Bus } from './bus.ts'
import { withDeadline } from './deadline.ts'
import { follow } from './follow.ts'
import { notify } from './notify.ts'
import { publish } from './publish.ts'
import { ensureStream, reconcileAll, sourceStream } from './streams.ts'
import { bindWire, busFailure, inboxPrefix, type Wire } from './wire.ts'

export type BusOptions = {
  url: string
  user: string
  password: string
  /** Shown by the broker in its connection list; the process, not the person. */
  name: string
  logger: Logger
}

const healthTimeoutMs = 2_000
const drainTimeoutMs = 5_000

const connectionOptions = (options: BusOptions): ConnectionOptions => ({
  servers: options.url,
  user: options.user,
  pass: options.password,
  name: options.name,
  inboxPrefix: inboxPrefix(options.user),
  // The default gives up after 10 tries, some 20 s, and then stays closed for good.
  maxReconnectAttempts: -1,
  ignoreAuthErrorAbort: true,
  waitOnFirstConnect: true,
  reconnectTimeWait: 250,
  reconnectJitter: 250,
  // A silent broker is noticed after some 15 s; the default is 4 minutes.
  pingInterval: 5_000,
  maxPingOut: 2,
  // A stack for each request costs a third of the throughput.
  noAsyncTraces: true,
})

/** Connects, waiting for a broker that is not there yet. Reconnects for as long as the process lives. */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const logger = options.logger.child({ part: 'bus' })
  const waiting = setInterval(() => logger.warn({ url: options.url }, 'still waiting for the message broker'), 5_000)
  let nc: NatsConnection
  try {
    nc = await connect(connectionOptions(options))
  } finally {
    clearInterval(waiting)
  }
  const closing = new AbortController()
  const listeners = new Set<(connected: boolean) => void>()
  let connected = true
  const js = nc.jetstream({ timeout: 5_000 })
  const jsm = await nc.jetstreamManager({ timeout: 5_000, checkAPI: false })
  const wire: Wire = {
    nc,
    js,
    jsm,
    user: options.user,
    logger,
    closing: closing.signal,
    wanted: new Map(),
    isConnected: () => connected,
    onConnection(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  void watchConnection(wire, (now) => {
    connected = now
    for (const listener of listeners) listener(now)
  })
  logger.info({ server: nc.getServer(), version: nc.info?.version }, 'connected to the message broker')

  const bus: Bus = {
    publish: (events) => publish(wire, events),
    health: healthOf(wire),
    ensureStream: (source: EventSource) => ensureStream(wire, sourceStream(source)),
    ask: (spec, request, askOptions) => ask(wire, spec, request, askOptions),
    notify: (subject, data) => notify(wire, subject, data),
    follow: (followOptions) => follow(wire, followOptions),
    async close() {
      if (nc.isClosed()) return
      closing.abort()
      // Draining waits on a dead link as on a slow one, hence the deadline.
      await withDeadline(nc.drain(), drainTimeoutMs).catch(() => nc.close())
    },
  }
  bindWire(bus, wire)
  return bus
}

/** Logs what happens to the connection, and repairs what the broker may have lost while it was away. */
async function watchConnection(wire: Wire, changed: (connected: boolean) => void): Promise<void> {
  void wire.nc.closed().then((error) => {
    changed(false)
    if (!wire.closing.aborted)
      wire.logger.error({ err: error }, 'the connection to the message broker is closed for good')
  })
  for await (const { type, data } of wire.nc.status()) {
    if (type === Events.Disconnect) {
      changed(false)
      wire.logger.warn({ server: data }, 'lost the message broker')
    } else if (type === Events.Reconnect) {
      changed(true)
      wire.logger.info({ server: data }, 'found the message broker again')
      void reconcileAll(wire)
    } else if (type === Events.Error) {
      wire.logger.error({ error: data }, 'the message broker reports an error')
    } else if (type === DebugEvents.StaleConnection || type === Events.LDM) {
      wire.logger.warn({ status: type, server: data }, 'the message broker is going away')
    }
  }
}

/**
 * Ready means that JetStream answers: a broker whose disk is full still accepts connections and calls itself healthy
 * while every JetStream call hangs (seen on nats-server 2.9.10).
 */
function healthOf(wire: Wire): HealthCheck {
  return {
    name: 'nats',
    async check(signal) {
      try {
        await withDeadline(wire.jsm.getAccountInfo(), healthTimeoutMs, signal)
      } catch (error) {
        throw busFailure(error, 'a round trip')
      }
    },
  }
}
