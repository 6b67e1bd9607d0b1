import { failure } from '@plinth/contracts'
import { afterEach, describe, expect, test } from 'vitest'
import { ask, startService, things, type TestService } from './test-support/service.ts'

let running: TestService | undefined
afterEach(async () => running?.close())
const start = async (...args: Parameters<typeof startService>): Promise<TestService> =>
  (running = await startService(...args))

const json = { 'content-type': 'application/json' }

describe('who asks', () => {
  test('a guarded route without an identity is 401 and says how to authenticate', async () => {
    const { app } = await start()
    const answer = await app.inject({ url: things })
    expect(answer.json()).toMatchObject({ status: 401, code: 'gateway.token_missing' })
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  })

  test('identity comes before the body: nothing of a stranger is parsed', async () => {
    const { app } = await start()
    expect((await app.inject({ method: 'POST', url: things, headers: json, payload: '{' })).statusCode).toBe(401)
  })

  test('a public route takes nobody, somebody, but no forged one', async () => {
    const service = await start()
    expect((await service.app.inject({ url: '/open' })).json()).toEqual({ subject: 'anonymous' })
    expect((await ask(service, { url: '/open' })).json()).toEqual({ subject: 'user:ana' })
    expect((await ask(service, { url: '/open', headers: { 'x-plinth-identity': 'forged' } })).status).toBe(401)
  })

  test('a request id is not taken from a stranger, nor when it is none', async () => {
    const service = await start()
    await service.app.inject({ url: '/open', headers: { 'x-request-id': 'req_12345678' } })
    await ask(service, { url: '/open', headers: { 'x-request-id': 'a\tb"c' } })
    const ids = service.lines.filter((line) => line['operation'] === 'openThing').map((line) => line['requestId'])
    expect(ids).toEqual([expect.stringMatching(/^req_[0-9a-z]{26}$/), 'req_fromthegateway'])
  })

  test('a route that an app adds by itself asks for an identity too', async () => {
    const service = await start({}, { register: (app) => void app.get('/extra', () => 'hello') })
    expect((await service.app.inject({ url: '/extra' })).statusCode).toBe(401)
    expect((await ask(service, { url: '/extra' })).text).toBe('hello')
  })
})

describe('Idempotency-Key', () => {
  const create = (service: TestService, name: string, key = 'k1') =>
    ask(service, { method: 'POST', url: things, headers: { 'idempotency-key': key }, payload: { name } })

  test('a repeat gets the first answer, and the handler runs once', async () => {
    let runs = 0
    const service = await start({ createThing: async ({ body }) => ({ name: body.name, owner: `run${++runs}` }) })
    const first = await create(service, 'ledger')
    const second = await create(service, 'ledger')
    expect([second.status, second.text, second.headers['idempotency-replayed']]).toEqual([201, first.text, 'true'])
    expect([runs, first.headers['idempotency-replayed']]).toEqual([1, undefined])
  })

  test('the same key with other content is refused', async () => {
    const service = await start()
    await create(service, 'ledger')
    expect((await create(service, 'other')).json()).toMatchObject({
      status: 422,
      code: 'platform.idempotency_key_reused',
    })
  })

  test('a repeat while the first runs is 409 with Retry-After', async () => {
    let finish = (): void => {}
    let begun = (): void => {}
    const started = new Promise<void>((resolve) => (begun = resolve))
    const service = await start({
      createThing: async () => {
        begun()
        await new Promise<void>((resolve) => (finish = resolve))
        return { name: 'x', owner: 'y' }
      },
    })
    const first = create(service, 'ledger')
    await started
    const second = await create(service, 'ledger')
    expect([second.status, second.headers['retry-after']]).toEqual([409, '1'])
    finish()
    expect((await first).status).toBe(201)
  })

  test('a failure frees the key', async () => {
    let runs = 0
    const service = await start({
      createThing: async () => {
        if (++runs === 1) throw failure('platform.unavailable')
        return { name: 'x', owner: 'y' }
      },
    })
    expect((await create(service, 'ledger')).status).toBe(503)
    expect((await create(service, 'ledger')).status).toBe(201)
  })
})
