import { credentialEnded, subjectFilter, type EventData } from '@plinth/contracts'
import type { Bus } from '@plinth/bus'
import type { Clock, Logger, Worker } from '@plinth/kernel'
import { followAlways } from './follow-always.ts'

/** Access tokens live shorter than this, so a credential that ended longer ago needs no remembering. */
export const accessTokenLifetimeMsMax = 60 * 60_000
const entriesMax = 100_000

export type EndedCredentials = {
  has(credentialId: string): boolean
  add(credentialId: string, endedAtMs?: number): void
  onEnd(listener: (credentialId: string) => void): void
  worker: Worker
}

/**
 * The sessions and tokens that were withdrawn before they expired. An access token is believed by its signature alone,
 * so this is what ends it early; it is asked on every request, also for what a cache knows.
 */
export function endedCredentials(bus: Bus, clock: Clock, logger: Logger): EndedCredentials {
  const ended = new Map<string, number>()
  const listeners: ((credentialId: string) => void)[] = []
  const add = (credentialId: string, endedAtMs = clock.now().getTime()): void => {
    const forgetBefore = clock.now().getTime() - accessTokenLifetimeMsMax
    if (endedAtMs < forgetBefore || ended.has(credentialId)) return
    ended.set(credentialId, endedAtMs)
    for (const [oldest, atMs] of ended) {
      if (atMs >= forgetBefore && ended.size <= entriesMax) break
      ended.delete(oldest)
    }
    for (const listener of listeners) listener(credentialId)
  }
  return {
    has: (credentialId) => ended.has(credentialId),
    add,
    onEnd: (listener) => void listeners.push(listener),
    worker: followAlways(bus, logger, {
      name: 'ended credentials',
      source: 'authorization',
      filter: subjectFilter(credentialEnded.type),
      // From the beginning of what the stream keeps: a gateway that starts anew must know who signed out before.
      fromStart: true,
      handle: ({ data, time }) => {
        const { credentialId } = data as EventData<typeof credentialEnded>
        const at = Date.parse(time)
        add(credentialId, Number.isNaN(at) ? undefined : at)
      },
    }),
  }
}
