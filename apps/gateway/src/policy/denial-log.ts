import type { Bus } from '@plinth/bus'
import { auditRecorded, subjectOf, type CloudEvent, type EventData } from '@plinth/contracts'
import { newId, pause, type Clock, type Logger, type OutgoingEvent, type Worker } from '@plinth/kernel'
import type { Asked } from './guard.ts'

const bufferMax = 2_000
const batchMax = 200
const spec = auditRecorded('gateway')

export type Denied = { subject: string; asked: Asked; reason: string; operation: string; requestId: string }
export type DenialLog = { record(denied: Denied): void; worker: Worker }

/**
 * Tells the audit ledger what was denied. Never makes a request wait: denials go to a buffer, and from there to the
 * broker, again and again until it has stored them. While the broker is away for long, the oldest are given up, and the
 * log says how many.
 */
export function denialLog(bus: Bus, clock: Clock, logger: Logger): DenialLog {
  const buffer: OutgoingEvent[] = []
  const stopping = new AbortController()
  let lost = 0
  let wake = (): void => {}
  const publishAll = async (): Promise<void> => {
    await bus
      .ensureStream('gateway')
      .catch((error: unknown) => logger.warn({ err: error }, 'no stream for denials yet'))
    while (!stopping.signal.aborted) {
      const batch = buffer.slice(0, batchMax)
      if (batch.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
          if (buffer.length > 0 || stopping.signal.aborted) resolve()
        })
        continue
      }
      try {
        await bus.publish(batch)
        const sent = new Set(batch)
        while (buffer[0] !== undefined && sent.has(buffer[0])) buffer.shift()
        if (lost > 0) logger.error({ lost }, 'denials were not recorded while the broker was away')
        lost = 0
      } catch (error) {
        logger.warn({ err: error, waiting: buffer.length }, 'denials wait for the broker')
        await pause(1_000, stopping.signal)
      }
    }
  }
  let running: Promise<void> | undefined
  return {
    record(denied) {
      if (buffer.length >= bufferMax) {
        buffer.shift()
        lost++
      }
      buffer.push(eventOf(denied, clock))
      wake()
    },
    worker: {
      name: 'record denials',
      start() {
        running = publishAll()
      },
      async stop() {
        stopping.abort()
        wake()
        await running
        if (buffer.length === 0) return
        await bus
          .publish(buffer)
          .catch((error: unknown) => logger.error({ err: error, lost: buffer.length }, 'denials were not recorded'))
      },
    },
  }
}

function eventOf({ subject, asked, reason, operation, requestId }: Denied, clock: Clock): OutgoingEvent {
  const id = newId('evt')
  const time = clock.now().toISOString()
  const project = asked.domain === '*' ? 'platform' : (asked.domain.split('/')[0] ?? 'platform')
  const [kind = ''] = asked.object.split('/')
  const data: EventData<typeof spec> = {
    actor: subject,
    action: `${kind}.${asked.action}`,
    project,
    object: asked.object,
    outcome: 'denied',
    detail: { domain: asked.domain, reason, operation },
    requestId,
    occurredAt: time,
  }
  const event: CloudEvent = {
    specversion: '1.0',
    id,
    source: '/plinth/gateway',
    type: spec.type,
    time,
    subject: asked.object,
    datacontenttype: 'application/json',
    plinthproject: project,
    plinthactor: subject,
    data,
  }
  return { id, key: id, subject: subjectOf(spec.type, project, asked.object), body: JSON.stringify(event) }
}
