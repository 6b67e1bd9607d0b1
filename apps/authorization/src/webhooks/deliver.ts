import { maySeeEvent } from '@plinth/access'
import type { Worker } from '@plinth/kernel'
import { leasedQueue, type Store } from '@plinth/store'
import type { Outbound } from '../outbound/fetch.ts'
import type { Parts } from '../parts.ts'
import { signatureHeaders } from './signature.ts'
import * as webhooks from './store.ts'

export const deliveryQueue = 'webhook-deliveries'
export const secretPurpose = (webhook: string): string => `webhook:${webhook}`

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
/** The retry schedule that Standard Webhooks recommends, after the first attempt at once: 76 hours in all. */
const retryMs = [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour]
const failingMsMax = 5 * 24 * hour
const timeoutMs = 15 * second

type Needs = Pick<Parts, 'clock' | 'policy' | 'sealing' | 'logger'> & { store: Store; outbound: Outbound }
type Tried = { status: number | null; error: string | null; retryAfterMs?: number }

/** Sends what is waiting; each delivery is one key of a leased queue, so a killed process loses none. */
export function webhookSender(parts: Needs): Worker {
  return leasedQueue(parts.store, {
    name: deliveryQueue,
    concurrency: 8,
    leaseMs: 30_000,
    logger: parts.logger,
    handle: (id, { signal }) => deliver(parts, id, signal),
  })
}

async function deliver(parts: Needs, id: string, signal: AbortSignal): Promise<'done' | { againInMs: number }> {
  const { store, clock, policy } = parts
  const delivery = await webhooks.findDelivery(store.db, id)
  if (delivery === undefined || delivery.state !== 'waiting') return 'done'
  const hook = await webhooks.findSigningWebhook(store.db, delivery.webhook)
  if (hook === undefined) return 'done'
  const give = (error: string) => finish(parts, delivery, hook, { status: null, error }, 'failed')
  if (hook.state !== 'active') return give(`the webhook is ${hook.state}; replay it once it is active`)
  const event = { type: delivery.eventType, project: hook.project }
  // Decided on again: between the first attempt and the tenth its owner may have lost the right.
  if (!maySeeEvent(await policy.current(), { subjects: [hook.owner] }, event))
    return give(`${hook.owner}, its owner, may not see this event any more`)
  const tried = await send(parts, hook, delivery, signal)
  if (signal.aborted) return { againInMs: 0 }
  if (tried.status !== null && tried.status >= 200 && tried.status < 300)
    return finish(parts, delivery, hook, tried, 'delivered')
  const waitMs = retryMs[delivery.attempts]
  if (tried.status === 410 || waitMs === undefined) return finish(parts, delivery, hook, tried, 'failed')
  // A tenth more or less, so that what failed together does not come back together.
  const againInMs = Math.round(Math.max(waitMs * (0.9 + Math.random() * 0.2), tried.retryAfterMs ?? 0))
  const nextAttemptAt = new Date(clock.now().getTime() + againInMs)
  const isPaused = await note(parts, delivery.id, hook, tried, { state: 'waiting', nextAttemptAt })
  return isPaused ? 'done' : { againInMs }
}

async function finish(
  parts: Needs,
  delivery: webhooks.DeliveryRow,
  hook: webhooks.SigningWebhook,
  tried: Tried,
  state: 'delivered' | 'failed',
): Promise<'done'> {
  await note(parts, delivery.id, hook, tried, { state, nextAttemptAt: undefined })
  return 'done'
}

/** Writes down how an attempt ended, and whether the webhook is given up with it; returns whether it is. */
function note(
  { store, clock }: Needs,
  id: string,
  hook: webhooks.SigningWebhook,
  { status, error }: Tried,
  { state, nextAttemptAt }: { state: webhooks.DeliveryRow['state']; nextAttemptAt: Date | undefined },
): Promise<boolean> {
  const now = clock.now()
  const delivered = state === 'delivered'
  const since = hook.failingSince === null ? now.getTime() : Date.parse(hook.failingSince)
  const isGivenUp = !delivered && (status === 410 || now.getTime() - since > failingMsMax)
  return store.transaction(async (tx) => {
    const outcome = isGivenUp
      ? { state: 'failed' as const, status, error, nextAttemptAt: undefined }
      : { state, status, error, nextAttemptAt }
    await webhooks.writeOutcome(tx, id, outcome, now)
    await webhooks.noteHealth(tx, hook.id, { delivered, now, ...(isGivenUp && { state: 'failing' }) })
    return isGivenUp
  })
}

async function send(
  { clock, sealing, outbound }: Needs,
  hook: webhooks.SigningWebhook,
  { eventId, body }: { eventId: string; body: string },
  signal: AbortSignal,
): Promise<Tried> {
  const now = clock.now()
  const open = (sealed: string): string => sealing.open(secretPurpose(hook.id), sealed)
  const isOverlapping = hook.previousUntil !== null && Date.parse(hook.previousUntil) > now.getTime()
  const secrets = [
    open(hook.secret),
    ...(isOverlapping && hook.previousSecret !== null ? [open(hook.previousSecret)] : []),
  ]
  try {
    const answer = await outbound.fetch(hook.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Plinth-Webhooks/1',
        ...signatureHeaders(secrets, { id: eventId, body, at: now }),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    await answer.body?.cancel()
    const { status } = answer
    const retryAfterMs = retryAfter(answer.headers.get('retry-after'))
    const error = answer.ok
      ? null
      : `answered ${status}${status >= 300 && status < 400 ? ': redirects are not followed' : ''}`
    return { status, error, ...(retryAfterMs !== undefined && { retryAfterMs }) }
  } catch (error) {
    return { status: null, error: reasonOf(error) }
  }
}

/** Seconds alone are read; longer than a day nobody is believed. */
function retryAfter(value: string | null): number | undefined {
  if (value === null || !/^\d{1,6}$/.test(value)) return undefined
  return Math.min(Number(value) * second, 24 * hour)
}

/** Why it could not be sent, in words for its owner: the code of the system at most, nothing of what was resolved. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return 'could not be reached'
  if (cause.name === 'TimeoutError') return `did not answer within ${timeoutMs / second} s`
  const code = (cause as NodeJS.ErrnoException).code
  return code === undefined ? cause.message.slice(0, 200) : `could not be reached (${code})`
}
