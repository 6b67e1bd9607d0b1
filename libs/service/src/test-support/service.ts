import { generateKeyPairSync } from 'node:crypto'
import { route, type Routes, type ServiceContract } from '@plinth/contracts'
import type { IdempotencyStore, Identity } from '@plinth/kernel'
import { Type } from 'typebox'
import type { Handlers } from '../ask.ts'
import { identityHeader, signIdentity } from '../identity.ts'
import { createLogger } from '../logger.ts'
import { service, type RunningService, type ServiceOptions } from '../service.ts'

const keys = generateKeyPairSync('ed25519')
export const publicKey = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()
export const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

export const ana: Identity = {
  subject: 'user:ana',
  subjects: ['user:ana', 'group:payments'],
  displayName: 'Ana',
  credentialId: 'ses_1',
  claims: {},
  requestId: 'req_fromthegateway',
}

export const asAna = (): Record<string, string> => ({ [identityHeader]: signIdentity(ana, privateKey) })

const guard = { action: 'get', object: 'component', domain: ':project' } as const
const Params = Type.Object({ project: Type.String({ maxLength: 40 }) })

/** A small contract with a route of each kind. */
export const routes = {
  createThing: route({
    method: 'POST',
    path: '/projects/:project/things',
    summary: 'Creates a thing',
    permission: { ...guard, action: 'create' },
    params: Params,
    body: Type.Object({
      name: Type.String({ minLength: 2, pattern: '^[a-z]+$', description: 'Lower-case letters' }),
      size: Type.Optional(Type.Integer({ minimum: 1 })),
      more: Type.Optional(Type.Unknown()),
    }),
    response: { 201: Type.Object({ name: Type.String(), owner: Type.String() }) },
    idempotent: true,
    bodyLimitBytes: 100_000,
  }),
  listThings: route({
    method: 'GET',
    path: '/projects/:project/things',
    summary: 'Lists things',
    permission: { ...guard, action: 'list' },
    params: Params,
    query: Type.Object({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
      tag: Type.Optional(Type.Array(Type.String())),
    }),
    response: { 200: Type.Object({ items: Type.Array(Type.String()), limit: Type.Integer() }) },
  }),
  deleteThing: route({
    method: 'DELETE',
    path: '/projects/:project/things/:thing',
    summary: 'Deletes a thing',
    permission: { ...guard, action: 'delete' },
    params: Type.Object({ project: Type.String(), thing: Type.String() }),
    response: { 204: Type.Null() },
  }),
  slowThing: route({
    method: 'GET',
    path: '/slow',
    summary: 'Takes its time',
    permission: 'authenticated',
    response: { 200: Type.Object({ done: Type.Boolean() }) },
    timeoutMs: 300,
  }),
  openThing: route({
    method: 'GET',
    path: '/open',
    summary: 'For anyone',
    permission: 'public',
    response: { 200: Type.Object({ subject: Type.String() }) },
  }),
  followThings: route({
    method: 'GET',
    path: '/things/events',
    summary: 'Follows things',
    permission: 'authenticated',
    kind: 'sse',
    timeoutMs: 0,
    response: { 200: Type.Object({ count: Type.Integer() }) },
  }),
  rawThing: route({
    method: 'POST',
    path: '/raw/*',
    summary: 'Echoes bytes',
    permission: 'authenticated',
    kind: 'raw',
    response: { 200: Type.Unknown() },
  }),
} satisfies Routes

export const contract: ServiceContract<typeof routes> = { service: 'provisioning', routes }

export const handlers: Handlers<typeof routes> = {
  createThing: async ({ body, who }) => ({ name: body.name, owner: who.subject, secret: 'not declared' }),
  listThings: async ({ query }) => ({ items: query.tag ?? [], limit: query.limit ?? 0 }),
  deleteThing: async () => undefined,
  slowThing: async () => ({ done: true }),
  openThing: async ({ who }) => ({ subject: who.subject }),
  followThings: async () => counting(0, 3),
  rawThing: async ({ raw, reply }) => reply.send(raw.raw),
}

export async function* counting(from: number, to: number): AsyncGenerator<{ id: string; data: { count: number } }> {
  for (let count = from; count < to; count++) yield { id: String(count), data: { count } }
}

/** The agreement of `IdempotencyStore`, kept in memory: a part of the service's contract, not of a database. */
export function memoryIdempotency(): IdempotencyStore {
  const kept = new Map<string, { hash: string; answer?: { status: number; body: string } }>()
  const at = (scope: string, key: string): string => `${scope}\n${key}`
  return {
    begin: async (scope, key, hash) => {
      const entry = kept.get(at(scope, key))
      if (entry === undefined) {
        kept.set(at(scope, key), { hash })
        return { state: 'new' }
      }
      if (entry.hash !== hash) return { state: 'mismatch' }
      return entry.answer === undefined ? { state: 'busy' } : { state: 'replay', ...entry.answer }
    },
    finish: async (scope, key, status, body) => {
      kept.set(at(scope, key), { hash: kept.get(at(scope, key))?.hash ?? '', answer: { status, body } })
    },
    abandon: async (scope, key) => void kept.delete(at(scope, key)),
  }
}

export type TestService = RunningService & { lines: Record<string, unknown>[] }

/** Starts the test contract on a free port; `lines` collects what it logs. */
export async function startService(
  changes: Partial<Handlers<typeof routes>> = {},
  options: Partial<ServiceOptions<typeof routes>> = {},
): Promise<TestService> {
  const lines: Record<string, unknown>[] = []
  const logger = createLogger({ service: 'test' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const running = await service({
    name: 'test',
    contract,
    handlers: { ...handlers, ...changes },
    logger,
    config: { host: '127.0.0.1', port: 0, identityPublicKey: publicKey },
    health: [],
    workers: [],
    idempotency: memoryIdempotency(),
    ...options,
  })
  return { ...running, lines }
}

export type Inject = {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Record<string, string>
  payload?: string | object
}

/** Asks as Ana, without a socket. */
export async function ask({ app }: TestService, { method = 'GET', url, headers = {}, payload }: Inject) {
  const request = { method, url, headers: { ...asAna(), ...headers }, ...(payload !== undefined && { payload }) }
  const answer = await app.inject(request)
  const json = (): Record<string, unknown> => answer.json()
  return { status: answer.statusCode, headers: answer.headers, text: answer.body, json }
}

export const things = '/projects/payments/things'
