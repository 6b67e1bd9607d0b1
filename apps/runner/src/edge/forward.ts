import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { requestHeaders, responseHeaders } from './headers.ts'
import { badAnswer, notReady, sendNotice, tooSlow } from './pages.ts'
import { enter, pick, type Route, type Target } from './table.ts'

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])
const neverConnected = new Set([
  'ECONNREFUSED',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTUNREACH',
  'UND_ERR_DESTROYED',
  'UND_ERR_CLOSED',
])
const brokeOff = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])
const late = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])

type Body = { open(): Readable | null; wasTouched(): boolean }

/** Whether the request carries a body at all (RFC 9112 section 6); read only when a replica is there to take it. */
function bodyOf(req: IncomingMessage): Body {
  const has = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
  if (!has) return { open: () => null, wasTouched: () => false }
  let touched = false
  // Through a generator, because undici destroys the stream that it was given even when it never got to a connection.
  async function* read(): AsyncIterable<Buffer> {
    touched = true
    yield* req
  }
  return { open: () => Readable.from(read(), { objectMode: false }), wasTouched: () => touched }
}

/** Sends the request to a replica, and to another one where it is certain that the first can't have begun with it. */
export async function forward(req: IncomingMessage, res: ServerResponse, route: Route): Promise<void> {
  const startedAt = performance.now()
  res.once('close', () => route.measures.note(res.headersSent ? res.statusCode : 499, performance.now() - startedAt))
  const gone = new AbortController()
  res.once('close', () => gone.abort())
  const body = bodyOf(req)
  const headers = requestHeaders(req)
  const tried: Target[] = []
  for (;;) {
    const target = pick(route.targets, tried)
    if (target === undefined) return sendNotice(req, res, notReady(route.workload))
    tried.push(target)
    const leave = enter(target)
    try {
      await exchange(req, res, target, { body, headers, signal: gone.signal })
      return
    } catch (error) {
      if (gone.signal.aborted) return
      const code = codeOf(error)
      if (res.headersSent) {
        // Half an answer is under way: breaking off is the only way to tell the client.
        res.destroy()
        return
      }
      const isSafe = neverConnected.has(code) || (brokeOff.has(code) && idempotent.has(req.method ?? ''))
      if (!isSafe || body.wasTouched()) {
        return sendNotice(req, res, late.has(code) ? tooSlow(route.workload) : badAnswer(route.workload))
      }
    } finally {
      leave()
    }
  }
}

type Sending = { body: Body; headers: string[]; signal: AbortSignal }

async function exchange(
  req: IncomingMessage,
  res: ServerResponse,
  target: Target,
  { body, headers, signal }: Sending,
): Promise<void> {
  const answer = await target.pool.request({
    method: req.method ?? 'GET',
    path: req.url ?? '/',
    headers,
    body: body.open(),
    signal,
    responseHeaders: 'raw',
  })
  // undici's types know the parsed form only; with `raw` it is the flat list of names and values.
  const raw = answer.headers as unknown as (Buffer | string)[]
  res.writeHead(answer.statusCode, responseHeaders(raw))
  await new Promise<void>((resolve, reject) => {
    answer.body.once('error', reject)
    res.once('close', () => resolve())
    answer.body.pipe(res)
  })
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
