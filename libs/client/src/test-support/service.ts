import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { route, type Routes } from '@plinth/contracts'
import { createLogger, service, signIdentity, type Handlers, type RunningService } from '@plinth/service'
import { Type } from 'typebox'
import { afterEach } from 'vitest'
import { clientOf, type Client } from '../index.ts'

const keys = generateKeyPairSync('ed25519')
const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const ana = {
  subject: 'user:ana',
  subjects: ['user:ana'],
  displayName: 'Ana',
  credentialId: 'x',
  claims: {},
  requestId: 'req_12345678',
}

const Thing = Type.Object({ name: Type.String(), tags: Type.Array(Type.String()) })
const guard = { permission: 'authenticated' } as const
export const routes = {
  getThing: route({
    method: 'GET',
    path: '/things/:thing',
    summary: '',
    ...guard,
    params: Type.Object({ thing: Type.String() }),
    query: Type.Object({ tag: Type.Optional(Type.Array(Type.String())) }),
    response: { 200: Thing },
  }),
  createThing: route({
    method: 'POST',
    path: '/things',
    summary: '',
    ...guard,
    body: Type.Object({ name: Type.String() }),
    response: { 201: Thing },
    idempotent: true,
  }),
  deleteThing: route({
    method: 'DELETE',
    path: '/things/:thing',
    summary: '',
    ...guard,
    params: Type.Object({ thing: Type.String() }),
    response: { 204: Type.Null() },
  }),
  followThings: route({
    method: 'GET',
    path: '/events',
    summary: '',
    ...guard,
    kind: 'sse',
    timeoutMs: 0,
    response: { 200: Type.Object({ count: Type.Integer() }) },
  }),
  putBytes: route({
    method: 'PUT',
    path: '/bytes/*',
    summary: '',
    ...guard,
    kind: 'raw',
    response: { 200: Type.Unknown() },
  }),
} satisfies Routes
export type Calls = Handlers<typeof routes>

export async function* counting(from: number, to: number) {
  for (let count = from; count <= to; count++) yield { id: String(count), data: { count } }
}

const handlers: Calls = {
  getThing: async ({ params, query }) => ({ name: params.thing, tags: query.tag ?? [] }),
  createThing: async ({ body }) => ({ name: body.name, tags: [] }),
  deleteThing: async () => undefined,
  followThings: async () => counting(1, 3),
  putBytes: async ({ raw, reply }) => {
    reply.header('x-path', (raw.params as { '*': string })['*'])
    return reply.send(raw.raw)
  },
}

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

export async function start(changes: Partial<Calls> = {}, port = 0): Promise<RunningService> {
  const running = await service({
    name: 'test',
    contract: { service: 'gitops', routes },
    handlers: { ...handlers, ...changes },
    logger: createLogger({ service: 'test', level: 'silent' }),
    config: { host: '127.0.0.1', port, identityPublicKey: publicKey },
    health: [],
    workers: [],
    idempotency: { begin: async () => ({ state: 'new' }), finish: async () => {}, abandon: async () => {} },
  })
  closing.push(running.close)
  return running
}

export const clientFor = (baseUrl: string): Client<typeof routes> =>
  clientOf(routes, { baseUrl, headers: () => ({ 'x-plinth-identity': signIdentity(ana, privateKey) }) })

/** A server that answers as the test says: for what a real service of ours never does. */
export async function scripted(
  answer: (request: IncomingMessage, response: ServerResponse, call: number) => void,
): Promise<string> {
  let calls = 0
  const server: Server = createServer((request, response) => answer(request, response, ++calls))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(resolve)
      }),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
