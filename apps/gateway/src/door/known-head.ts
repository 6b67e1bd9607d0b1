import type { IncomingMessage } from 'node:http'

/** The header fields of the last request of a connection, and what was found out of them. */
export type KnownHead = {
  raw: readonly string[]
  /** What a service is told of them, once it was needed: as text, with whom they were the last time. */
  told: { readonly identity: string; readonly text: string } | undefined
}

const last = Symbol('last head')

declare module 'node:net' {
  interface Socket {
    [last]?: KnownHead
  }
}

/** What one connection is remembered by, at the most. */
const charactersMax = 4_096
/** Clients that trace say another one each time; neither is forwarded as it came, nor looked at by the door. */
const varying = new Set(['traceparent', 'tracestate', 'x-request-id'])

/**
 * What is known of a request's fields because the one before it on its connection had the very same, as those of almost
 * all clients do: whatever follows from nothing but the fields follows for it, too. Undefined where they differ.
 */
export function knownHead({ socket, rawHeaders }: IncomingMessage): KnownHead | undefined {
  const head = socket[last]
  if (head === undefined || head.raw === rawHeaders) return head
  if (!isSame(head.raw, rawHeaders)) return undefined
  head.raw = rawHeaders
  return head
}

/** Remembers the fields of a request in which the door found nothing wrong. */
export function rememberHead({ socket, rawHeaders }: IncomingMessage): void {
  let characters = 0
  for (const text of rawHeaders) characters += text.length
  if (characters <= charactersMax) socket[last] = { raw: rawHeaders, told: undefined }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false
  for (let at = 0; at < one.length; at += 2) {
    const name = one[at] ?? ''
    if (name !== other[at]) return false
    if (one[at + 1] !== other[at + 1] && !varying.has(name.toLowerCase())) return false
  }
  return true
}
