import type { IncomingMessage } from 'node:http'
import { failure } from '@plinth/contracts'
import type { Ask } from '@plinth/service'

/** The errors of RFC 6749 (section 5.2) and RFC 8628 (section 3.5) that we answer. */
export type OAuthError =
  | 'authorization_pending' | 'slow_down' | 'access_denied' | 'expired_token'
  | 'invalid_request' | 'invalid_grant' | 'unsupported_grant_type' // prettier-ignore

/** An expected refusal of an OAuth endpoint, which clients read as JSON of its own form. */
export class OAuthRefusal extends Error {
  readonly code: OAuthError
  constructor(code: OAuthError, description: string) {
    super(description)
    this.code = code
  }
}

const formBytesMax = 8_192

/** The fields of a form; a field that came twice is refused (RFC 6749, section 3.2). */
export async function readForm({ raw, headers }: Pick<Ask, 'raw' | 'headers'>): Promise<Map<string, string>> {
  if (!/^application\/x-www-form-urlencoded(?:\s*;|$)/i.test(headers['content-type'] ?? ''))
    throw new OAuthRefusal('invalid_request', 'Send the fields as application/x-www-form-urlencoded.')
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(await bodyOf(raw.raw))) {
    if (fields.has(name)) throw new OAuthRefusal('invalid_request', 'A field was sent twice.')
    if (value !== '') fields.set(name, value)
  }
  return fields
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  // Not destroyed when we stop: the answer has to go out by its socket.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > formBytesMax) throw failure('platform.body_too_large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Answers with what `work` makes, or with the error in the form of RFC 6749; never to be kept by a cache. */
export async function answerOAuth({ reply }: Pick<Ask, 'reply'>, work: () => Promise<object>): Promise<unknown> {
  reply.header('cache-control', 'no-store').type('application/json; charset=utf-8')
  try {
    return reply.code(200).send(JSON.stringify(await work()))
  } catch (error) {
    if (!(error instanceof OAuthRefusal)) throw error
    return reply.code(400).send(JSON.stringify({ error: error.code, error_description: error.message }))
  }
}
