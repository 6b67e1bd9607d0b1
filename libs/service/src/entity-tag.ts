import { createHash } from 'node:crypto'
import { failure } from '@plinth/contracts'

/** The strong entity tag (RFC 9110 section 8.8.3) of an answer: what its bytes are, and nothing else. */
export const entityTag = (body: string): string =>
  `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`

/** Whether a list of tags of `If-Match` or `If-None-Match` has this one, or is `*`. */
export const names = (header: string, tag: string): boolean =>
  header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === tag)

/**
 * Refuses a change that was decided on another state than the present one. Between this look and the change another
 * request may still come through: what must hold even then, a use case checks in its own transaction.
 */
export function refuseStale(header: string, current: string): void {
  const tag = entityTag(current)
  if (names(header, tag)) return
  throw failure('platform.precondition_failed', {
    detail: `If-Match names another version than the current one, ${tag}; read it again, and repeat what still makes sense.`,
  })
}
