import { createHash } from 'node:crypto'
import { failure } from '@plinth/contracts'
import type { IdempotencyStore, Logger } from '@plinth/kernel'

const keyForm = /^[\x21-\x7e]{1,200}$/

export type Kept = { status: number; body: string; replayed: boolean }

type Attempt = {
  store: IdempotencyStore
  logger: Logger
  key: string
  subject: string
  operation: string
  /** What the request asks for: the same key with other content is a mistake of the caller. */
  content: unknown
  status: number
  work(): Promise<string>
}

/**
 * Runs the work once per key, caller and operation (draft-ietf-httpapi-idempotency-key-header). A repeat gets the
 * first success's status and body. Any failure frees the key: a failed request has written nothing, so the repeat is
 * judged anew, and a caller that mends what was refused need not find another key.
 */
export async function onceByKey({
  store,
  logger,
  key,
  subject,
  operation,
  content,
  status,
  work,
}: Attempt): Promise<Kept> {
  if (!keyForm.test(key)) {
    throw failure('platform.request_invalid', {
      detail: '`Idempotency-Key` must be 1 to 200 visible ASCII characters; a UUID is a good one.',
      problems: [{ path: '/headers/idempotency-key', message: 'must be 1 to 200 visible ASCII characters.' }],
    })
  }
  const scope = `${subject} ${operation}`
  const claim = await store.begin(scope, key, hashOf(content))
  if (claim.state === 'mismatch') throw failure('platform.idempotency_key_reused')
  if (claim.state === 'busy') throw failure('platform.request_in_progress', { retryAfterSeconds: 1 })
  if (claim.state === 'replay') return { status: claim.status, body: claim.body, replayed: true }

  let body: string
  try {
    body = await work()
  } catch (error) {
    await store
      .abandon(scope, key)
      .catch((cause: unknown) => logger.error({ err: cause, operation }, 'an idempotency key was not freed'))
    throw error
  }
  // The change is committed: not being able to note its answer must not turn it into a failure.
  await store.finish(scope, key, status, body).catch((cause: unknown) => {
    logger.error({ err: cause, operation }, 'the answer to an idempotent request was not kept')
  })
  return { status, body, replayed: false }
}

/** SHA-256 over JSON with sorted members, so that the order in which a client writes them does not matter. */
function hashOf(content: unknown): string {
  const sorted = JSON.stringify(content, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  )
  return createHash('sha256').update(sorted).digest('hex')
}
