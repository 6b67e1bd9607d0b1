import { route } from '@plinth/contracts'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { asAna, publicKey } from './test-support/service.ts'
import { createLogger } from './logger.ts'
import { service, type RunningService } from './service.ts'

const permission = { action: 'get', object: 'component', domain: '*' } as const
const routes = {
  getThing: route({
    method: 'GET',
    path: '/thing',
    summary: 'Reads',
    permission,
    response: { 200: Type.Object({ size: Type.Integer() }) },
  }),
  changeThing: route({
    method: 'PUT',
    path: '/thing',
    summary: 'Changes',
    permission,
    versionOf: 'getThing',
    body: Type.Object({ size: Type.Integer() }),
    response: { 200: Type.Object({ size: Type.Integer() }) },
  }),
}
let size = 1
let running: RunningService
beforeAll(async () => {
  running = await service({
    name: 'things',
    contract: { service: 'schemas', routes },
    logger: createLogger({ service: 'test', level: 'silent' }),
    config: { port: 0, host: '127.0.0.1', identityPublicKey: publicKey },
    health: [],
    workers: [],
    handlers: { getThing: async () => ({ size }), changeThing: async ({ body }) => ({ size: (size = body.size) }) },
  })
})
afterAll(() => running.close())

const ask = (method: string, headers: Record<string, string> = {}, body?: object): Promise<Response> =>
  fetch(`${running.url}/thing`, {
    method,
    headers: { ...asAna(), ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  })

test('a read carries an entity tag, and is left out where the reader has it', async () => {
  const tag = (await ask('GET')).headers.get('etag') ?? ''
  expect((await ask('GET', { 'if-none-match': `"other", W/${tag}` })).status).toBe(304)
  expect((await ask('GET', { 'if-none-match': '"other"' })).status).toBe(200)
})

test('If-Match lets a change through on the state of now, and refuses it with 412 on any other', async () => {
  const tag = (await ask('GET')).headers.get('etag') ?? ''
  expect((await ask('PUT', { 'if-match': tag }, { size: 2 })).status).toBe(200)
  const stale = await ask('PUT', { 'if-match': tag }, { size: 3 })
  expect(stale.status).toBe(412)
  expect(await stale.json()).toMatchObject({ code: 'platform.precondition_failed' })
  expect(size).toBe(2)
  expect((await ask('PUT', { 'if-match': '*' }, { size: 4 })).status).toBe(200)
})
