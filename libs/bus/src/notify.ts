import { JSONCodec, type Subscription } from 'nats'
import type { Worker } from '@plinth/kernel'
import type { Bus } from './bus.ts'
import { sources } from './streams.ts'
import { wireOf, type Wire } from './wire.ts'

const json = JSONCodec()

/** Sends a nudge. A subject of facts is refused: the stream would keep it as if it were one. */
export function notify(wire: Wire, subject: string, data: unknown): void {
  const [root, source] = subject.split('.')
  if (root !== 'plinth' || sources.some((name) => name === source) || source === 'jobs' || source === 'rpc') {
    throw new Error(`'${subject}' is no subject for a nudge`)
  }
  if (!wire.nc.isClosed() && wire.isConnected()) wire.nc.publish(subject, json.encode(data))
}

/** Hears nudges for as long as it runs; what is sent while the connection is down is not heard. */
export function subscribe(
  bus: Bus,
  subject: string,
  handler: (data: unknown, subject: string) => void | Promise<void>,
): Worker {
  const wire = wireOf(bus)
  const running = new Set<Promise<void>>()
  let subscription: Subscription | undefined
  const handle = async (payload: Uint8Array, on: string): Promise<void> => {
    try {
      await handler(json.decode(payload), on)
    } catch (error) {
      wire.logger.error({ err: error, subject: on }, 'a nudge could not be handled')
    }
  }
  return {
    name: `subscribe ${subject}`,
    async start() {
      subscription = wire.nc.subscribe(subject, {
        callback(error, message) {
          if (error) return wire.logger.error({ err: error, subject }, 'the subscription failed')
          const work = handle(message.data, message.subject).finally(() => running.delete(work))
          running.add(work)
        },
      })
      await wire.nc.flush()
    },
    async stop() {
      subscription?.unsubscribe()
      await Promise.all(running)
    },
  }
}
