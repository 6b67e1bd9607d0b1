import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { type OperationName, operations, type RouteSpec, successStatus } from '@plinth/contracts'
import { Value } from 'typebox/value'
import { type Asked, Problem } from './fixture-ask.ts'
import { handlers } from './fixture-handlers.ts'
import { judge } from './fixture-judge.ts'
import { streams } from './fixture-streams.ts'

/**
 * Answers as the gateway would, from memory, so that the portal can be seen and walked without the platform. Every
 * answer is checked against its contract: one that drifts is a 500 here and listed in `problems`.
 */
export type FixtureServer = { url: string; problems: readonly string[]; close(): Promise<void> }

/** The policy that the portal is built for; a page that needs more shows it as an error in the console. */
export const contentSecurityPolicy =
  "default-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

const password = 'correct horse battery'
const csrfToken = 'csrf-fixture'
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
}

type Route = { operation: OperationName; spec: RouteSpec; pattern: RegExp; names: readonly string[] }
const routes: readonly Route[] = Object.entries(operations).map(([operation, spec]: [string, RouteSpec]) => {
  const names = [...spec.path.matchAll(/:([A-Za-z]+)/g)].map(([, name = '']) => name)
  const pattern = new RegExp(`^${spec.path.replace(/[.*]/g, '\\$&').replace(/:[A-Za-z]+/g, '([^/]+)')}$`)
  return { operation: operation as OperationName, spec, pattern, names }
})

const send = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, {
    'content-type': status >= 400 ? 'application/problem+json' : 'application/json',
    'cache-control': 'no-store',
    ...headers,
  })
  response.end(body === undefined ? '' : JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}

const subjectOf = (request: IncomingMessage): string | undefined =>
  /plinth=([a-z:]+)/.exec(request.headers.cookie ?? '')?.[1]

function session(request: IncomingMessage, response: ServerResponse, body: Record<string, unknown>): void {
  const open = (subject: string, status: number, headers = {}): void =>
    send(
      response,
      status,
      { subject, displayName: subject === 'user:dev' ? 'Dev Okafor' : 'Ana Duarte', csrfToken },
      headers,
    )
  const known = subjectOf(request)
  if (request.method === 'DELETE') return send(response, 204, undefined, { 'set-cookie': 'plinth=; Path=/; Max-Age=0' })
  if (request.method === 'GET') {
    if (known === undefined) throw new Problem(401, 'gateway.token_missing', 'No credential was sent.')
    return open(known, 200)
  }
  if (body['password'] !== password)
    throw new Problem(401, 'authorization.credentials_wrong', 'Unknown user name or wrong password.')
  const subject = `user:${String(body['username'])}`
  open(subject, 201, { 'set-cookie': `plinth=${subject}; Path=/; HttpOnly; SameSite=Strict` })
}

function stream(response: ServerResponse, operation: OperationName, asked: Asked): boolean {
  const made = streams[operation]?.(asked)
  if (!made) return false
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write(':ok\n\n')
  const run = async (): Promise<void> => {
    for (const { id, data, afterMs } of made.items) {
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      if (response.destroyed) return
      response.write(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`)
    }
    if (!made.open) response.end('event: end\ndata: {}\n\n')
  }
  void run()
  return true
}

async function file(response: ServerResponse, directory: string, path: string): Promise<void> {
  const wanted = join(directory, normalize(path))
  const isAsset = path.startsWith('/assets/') || path === '/favicon.svg'
  const content = await readFile(isAsset ? wanted : join(directory, 'index.html'))
  response.writeHead(200, {
    'content-type': types[isAsset ? extname(wanted) : '.html'] ?? 'application/octet-stream',
    'content-security-policy': contentSecurityPolicy,
    // As the gateway says it of files whose names change with their content: the browser keeps them, compiled.
    'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  })
  response.end(content)
}

/** Refuses as the gateway does: naming what is missing, and the nearest role that has it. */
function guard({ permission }: RouteSpec, { subject, params }: Asked): void {
  if (typeof permission === 'string') return
  const fill = (text: string): string => text.replace(/:([a-z]+)/gi, (_, name: string) => params[name] ?? name)
  const required = { action: permission.action, object: fill(permission.object), domain: fill(permission.domain) }
  const { allowed, grant } = judge(subject, required)
  if (allowed) return
  throw new Problem(403, 'gateway.permission_denied', `You may not ${required.action} ${required.object}.`, {
    required,
    nearestGrant: grant,
  })
}

async function api(request: IncomingMessage, response: ServerResponse, url: URL, problems: string[]): Promise<void> {
  const body = await bodyOf(request)
  if (url.pathname === '/auth/portal-session') return session(request, response, body)
  const route = routes.find(({ spec, pattern }) => spec.method === request.method && pattern.test(url.pathname))
  const isPublic = route?.spec.permission === 'public'
  const subject = subjectOf(request) ?? (isPublic ? 'user:nobody' : undefined)
  if (subject === undefined) throw new Problem(401, 'gateway.token_missing', 'No credential was sent.')
  if (request.method !== 'GET' && request.headers['x-csrf-token'] !== csrfToken)
    throw new Problem(403, 'gateway.csrf_missing', 'A request of the portal came without its anti-forgery token.')
  if (!route) throw new Problem(404, 'platform.route_unknown', 'No such route.')
  const { operation, spec, names, pattern } = route
  const values = pattern.exec(url.pathname)?.slice(1).map(decodeURIComponent) ?? []
  const asked: Asked = {
    subject,
    params: Object.fromEntries(names.map((name, index) => [name, values[index] ?? ''])),
    query: Object.fromEntries(url.searchParams),
    body,
  }
  if (spec.body && !Value.Check(spec.body, body))
    problems.push(`${operation} was sent a body that its contract refuses: ${JSON.stringify(body)}`)
  if (spec.kind === 'sse' && stream(response, operation, asked)) return undefined
  guard(spec, asked)
  const handle: ((asked: Asked) => unknown) | undefined = handlers[operation]
  if (!handle) {
    if (request.method === 'DELETE') return send(response, 204, undefined)
    throw new Problem(404, 'platform.route_unknown', `The fixture does not answer ${operation}.`)
  }
  const status = successStatus(spec)
  const answer = handle(asked)
  const schema = spec.response[status]
  if (schema && !Value.Check(schema, answer)) {
    const [first] = Value.Errors(schema, answer)
    problems.push(`${operation} answers what its contract refuses: ${JSON.stringify(first)}`)
    throw new Problem(500, 'platform.bug', `The fixture of ${operation} drifted from its contract.`)
  }
  return send(response, status, answer)
}

/** Starts on a free port of the loopback; `directory` is the built portal. */
export async function startFixtureServer(directory: string, port = 0): Promise<FixtureServer> {
  const problems: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const work = /^\/(api|auth|events)\b/.test(url.pathname)
      ? api(request, response, url, problems)
      : file(response, directory, url.pathname)
    work.catch((error: unknown) => {
      if (error instanceof Problem) return send(response, error.status, error.document)
      send(response, 404, {
        code: 'platform.not_found',
        detail: 'No such file.',
        status: 404,
        title: 'Not found',
        type: 'about:blank',
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`,
    problems,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

if (import.meta.main) {
  const { url } = await startFixtureServer(join(import.meta.dirname, '..', 'dist'), Number(process.env['PORT'] ?? 0))
  process.stdout.write(`${url}\n`)
}
