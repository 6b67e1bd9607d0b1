import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { failure, operations, type ServiceContract } from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import { afterEach, describe, expect, test } from 'vitest'
import { contractProblems } from './check-contract.ts'
import { asAna, routes, startService, type TestService } from './test-service.ts'

let running: TestService | undefined
afterEach(async () => running?.close())
const start = async (...args: Parameters<typeof startService>): Promise<TestService> =>
  (running = await startService(...args))

type Inject = {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  url: string
  headers?: Record<string, string>
  payload?: string | object
}
async function ask({ app }: TestService, { method = 'GET', url, headers = {}, payload }: Inject) {
  const answer = await app.inject({
    method,
    url,
    headers: { ...asAna(), ...headers },
    ...(payload !== undefined && { payload }),
  })
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text: answer.body,
    json: (): Record<string, unknown> => answer.json(),
  }
}

const things = '/projects/payments/things'
const json = { 'content-type': 'application/json' }

describe('a request that fits', () => {
  test('gets the declared members of the answer and no others', async () => {
    const answer = await ask(await start(), { method: 'POST', url: things, payload: { name: 'ledger' } })
    expect(answer.status).toBe(201)
    expect(answer.json()).toEqual({ name: 'ledger', owner: 'user:ana' })
  })

  test('has its query read as numbers and lists, with defaults', async () => {
    const service = await start()
    expect((await ask(service, { url: `${things}?tag=a` })).json()).toEqual({ items: ['a'], limit: 50 })
    expect((await ask(service, { url: `${things}?tag=a&tag=b&limit=3` })).json()).toEqual({
      items: ['a', 'b'],
      limit: 3,
    })
  })

  test('may name a JSON dialect as its content type', async () => {
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json; charset=utf-8' }
    expect(
      (await ask(await start(), { method: 'POST', url: things, headers, payload: '{"name":"ledger"}' })).status,
    ).toBe(201)
  })

  test('may name a content type without having a body', async () => {
    const headers = { 'content-type': 'application/vnd.kafka.v2+json' }
    expect((await ask(await start(), { method: 'DELETE', url: `${things}/x`, headers })).status).toBe(204)
  })

  test('keeps the request id of the gateway, and is logged in one line without its body', async () => {
    const service = await start()
    await ask(service, {
      method: 'POST',
      url: things,
      headers: { 'x-request-id': 'req_12345678' },
      payload: { name: 'ledger' },
    })
    const lines = service.lines.filter((line) => line['operation'] === 'createThing')
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'info',
        status: 201,
        subject: 'user:ana',
        project: 'payments',
        requestId: 'req_12345678',
        method: 'POST',
      }),
    ])
    expect(JSON.stringify(service.lines)).not.toContain('ledger')
  })
})

describe('refused with its reason is', () => {
  const cases: [string, Inject, number, string][] = [
    ['an unknown route', { url: '/nothing' }, 404, 'platform.route_unknown'],
    ['another method', { method: 'PUT', url: things }, 405, 'platform.method_not_allowed'],
    [
      'broken JSON',
      { method: 'POST', url: things, headers: json, payload: '{"name":' },
      400,
      'platform.request_invalid',
    ],
    ['an empty body', { method: 'POST', url: things, headers: json, payload: '' }, 400, 'platform.request_invalid'],
    ['no body at all', { method: 'POST', url: things }, 400, 'platform.request_invalid'],
    [
      '__proto__ in a body',
      { method: 'POST', url: things, headers: json, payload: '{"__proto__":{"a":1},"name":"ab"}' },
      400,
      'platform.request_invalid',
    ],
    [
      'a body nested without end',
      { method: 'POST', url: things, headers: json, payload: `{"name":"ab","more":${'['.repeat(40_000)}` },
      400,
      'platform.request_invalid',
    ],
    [
      'another content type',
      { method: 'POST', url: things, headers: { 'content-type': 'text/xml' }, payload: '<a/>' },
      415,
      'platform.media_type_unsupported',
    ],
    [
      'a content type that is none',
      { method: 'POST', url: things, headers: { 'content-type': 'a;;b' }, payload: '{}' },
      415,
      'platform.media_type_unsupported',
    ],
    [
      'a body over the limit',
      { method: 'POST', url: things, payload: { name: 'a'.repeat(100_001) } },
      413,
      'platform.body_too_large',
    ],
    [
      'a number as text in a body',
      { method: 'POST', url: things, payload: { name: 'ab', size: '3' } },
      400,
      'platform.request_invalid',
    ],
    [
      'an unknown member',
      { method: 'POST', url: things, payload: { name: 'ab', nmae: 1 } },
      400,
      'platform.request_invalid',
    ],
    ['an unknown query member', { url: `${things}?limti=3` }, 400, 'platform.request_invalid'],
    ['a limit out of range', { url: `${things}?limit=1000` }, 400, 'platform.request_invalid'],
    ['a broken percent-encoding', { url: '/projects/%zz/things' }, 400, 'platform.request_invalid'],
    ['a path part without end', { url: `/projects/${'a'.repeat(500)}/things` }, 400, 'platform.request_invalid'],
    [
      'an Idempotency-Key that is none',
      { method: 'POST', url: things, headers: { 'idempotency-key': 'a b' }, payload: { name: 'ab' } },
      400,
      'platform.request_invalid',
    ],
  ]
  test.each(cases)('%s', async (_name, inject, status, code) => {
    const answer = await ask(await start(), inject)
    expect(answer.json()).toMatchObject({
      status,
      code,
      type: `urn:plinth:error:${code}`,
      instance: expect.stringMatching(/^req_/),
    })
    expect(answer.status).toBe(status)
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json\b/)
    expect(answer.text).not.toMatch(/FST_|node_modules|at .*\.ts/)
  })

  test('a body that is no UTF-8', async () => {
    const service = await start()
    const answer = await service.app.inject({
      method: 'POST',
      url: things,
      headers: { ...asAna(), ...json },
      payload: Buffer.from([0x22, 0xff, 0x22]),
    })
    expect(answer.json()).toMatchObject({ status: 400, detail: 'The body is not valid UTF-8.' })
  })

  test('every wrong place, with a pointer and what to do, never with the value', async () => {
    const answer = await ask(await start(), {
      method: 'POST',
      url: things,
      payload: { name: 'S3CRET', size: 0, other: 1 },
    })
    expect(answer.json()['errors']).toEqual(
      expect.arrayContaining([
        { path: '/body/other', message: 'is not known here; remove it or mend its name.' },
        { path: '/body/name', message: 'must match ^[a-z]+$.' },
        { path: '/body/size', message: 'must be >= 1.' },
      ]),
    )
    expect(answer.text).not.toContain('S3CRET')
  })

  test('at most twenty problems', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x${index}`, 1]))
    expect((await ask(await start(), { method: 'POST', url: things, payload: many })).json()['errors']).toHaveLength(20)
  })

  test('405 with the methods that there are', async () => {
    expect((await ask(await start(), { method: 'PUT', url: things })).headers['allow']).toBe('POST, GET')
  })
})

describe('an error of a handler', () => {
  const failing = (error: unknown) => start({ openThing: () => Promise.reject(error) })

  test('that is ours answers with its code, problems, extensions and Retry-After', async () => {
    const error = failure('platform.rate_limited', {
      detail: 'Slower.',
      retryAfterSeconds: 7,
      extensions: { required: 'x', status: 200 },
    })
    const answer = await ask(await failing(error), { url: '/open' })
    expect(answer.json()).toMatchObject({
      status: 429,
      code: 'platform.rate_limited',
      detail: 'Slower.',
      required: 'x',
    })
    expect(answer.headers['retry-after']).toBe('7')
  })

  test.each([
    ['an Error', new Error('password=hunter2 SELECT')],
    ['an error that claims a status', Object.assign(new Error('hunter2'), { statusCode: 418 })],
    ['a bug of ours', new AppError('bug', 'x.y', { detail: 'hunter2', extensions: { sql: 'hunter2' } })],
    ['a text', 'hunter2'],
  ])('%s answers 500 with a fixed text and is logged', async (_name, thrown) => {
    const service = await failing(thrown)
    const answer = await ask(service, { url: '/open' })
    expect(answer.status).toBe(500)
    expect(answer.json()['code']).toBe('platform.bug')
    expect(answer.text).not.toContain('hunter2')
    expect(service.lines.some((line) => line['level'] === 'error' && line['operation'] === 'openThing')).toBe(true)
  })

  test('whose answer breaks its own contract is a 500', async () => {
    const service = await start({ openThing: () => Promise.resolve({} as { subject: string }) })
    expect((await ask(service, { url: '/open' })).status).toBe(500)
  })

  test('that does not come in time is 504, and the handler is told', async () => {
    let told = false
    const service = await start({
      slowThing: ({ signal }) => new Promise(() => signal.addEventListener('abort', () => (told = true))),
    })
    const answer = await ask(service, { url: '/slow' })
    expect(answer.json()).toMatchObject({ status: 504, code: 'platform.timeout' })
    expect(told).toBe(true)
  })
})

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

describe('a contract that can not be served fails the start', () => {
  const broken = (spec: object, names = ['listThings']): string[] => {
    const handlers = Object.fromEntries(names.map((name) => [name, () => undefined]))
    return contractProblems({ listThings: { ...routes.listThings, ...spec } } as ServiceContract['routes'], handlers)
  }
  test.each([
    ['no permission', { permission: undefined }, 'has no permission'],
    ['an unknown action', { permission: { action: 'fly', object: 'component', domain: '*' } }, "unknown action 'fly'"],
    [
      'an unknown kind',
      { permission: { action: 'get', object: 'planet', domain: '*' } },
      "unknown object kind 'planet'",
    ],
    ['a domain of another path', { permission: { action: 'get', object: 'component', domain: ':team' } }, "':team'"],
    [
      'an object of another path',
      { permission: { action: 'get', object: 'component/:component', domain: '*' } },
      "':component'",
    ],
    ['a path parameter that is not declared', { path: '/projects/:project/things/:thing' }, "'thing'"],
    ['two success statuses', { response: { 200: {}, 201: {} } }, 'exactly one success'],
  ])('%s', (_name, spec, message) => expect(broken(spec).join()).toContain(message))

  test('a missing and a surplus handler', () => {
    expect(broken({}, [])).toEqual([expect.stringContaining('has no handler')])
    expect(broken({}, ['listThings', 'more'])).toEqual([expect.stringContaining('more has a handler')])
  })

  test('no store for idempotent routes', async () => {
    await expect(startService({}, { idempotency: undefined as never })).rejects.toThrow('no idempotency store')
  })

  test('the contracts of the house have none of it', () => {
    const handlers = Object.fromEntries(Object.keys(operations).map((name) => [name, () => undefined]))
    expect(contractProblems(operations, handlers)).toEqual([])
  })
})

describe('operational routes', () => {
  test('readiness names what failed and what did not answer, and no more', async () => {
    const health = [
      { name: 'postgres', check: () => Promise.reject(new Error('password hunter2')) },
      { name: 'nats', check: () => new Promise<void>(() => {}) },
      { name: 'fine', check: () => Promise.resolve() },
    ]
    const { app } = await start({}, { health, limits: { healthDeadlineMs: 50 } })
    const answer = await app.inject('/readyz')
    expect(answer.statusCode).toBe(503)
    expect(answer.json().failed.map(({ name }: { name: string }) => name)).toEqual(['postgres', 'nats'])
    expect(answer.body).not.toContain('hunter2')
    expect((await app.inject('/healthz')).statusCode).toBe(200)
  })

  test('metrics count requests by operation and status', async () => {
    const service = await start()
    await ask(service, { url: things })
    const { body } = await service.app.inject('/metrics')
    expect(body).toContain(
      'plinth_http_request_duration_seconds_count{service="test",operation="listThings",status="200"} 1',
    )
    expect(body).toContain('process_cpu_user_seconds_total')
  })

  test('an overloaded service sheds with 503 and Retry-After, and stays alive', async () => {
    const service = await start({}, { limits: { eventLoopDelayMaxMs: 0.000_001 } })
    await expect.poll(async () => (await ask(service, { url: '/open' })).status, { timeout: 4_000 }).toBe(503)
    expect((await ask(service, { url: '/open' })).headers['retry-after']).toBe('5')
    expect((await service.app.inject('/healthz')).statusCode).toBe(200)
  })
})

describe('on the wire', () => {
  const raw = (service: TestService, text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(service.url).port), '127.0.0.1', () => socket.write(text))
      let answer = ''
      socket
        .on('data', (chunk) => (answer += chunk.toString()))
        .on('error', reject)
        .on('close', () => resolve(answer))
    })

  test('what is not HTTP gets a problem document', async () => {
    expect(await raw(await start(), 'HELLO\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 400[^]*problem\+json[^]*platform\.request_invalid/,
    )
  })

  test('headers over 32 KiB are 431', async () => {
    const answer = await raw(await start(), `GET /open HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 431/)
  })

  test('a raw route gets the body untouched, whatever its type', async () => {
    const service = await start()
    const bytes = Buffer.from([0, 255, 1, 254])
    const answer = await fetch(`${service.url}/raw/a/b`, {
      method: 'POST',
      headers: { ...asAna(), 'content-type': 'application/x-git' },
      body: bytes,
    })
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes)
  })

  test('a caller that goes away aborts the handler', async () => {
    let gone = false
    let begun = (): void => {}
    const started = new Promise<void>((resolve) => (begun = resolve))
    const service = await start({
      openThing: ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            gone = true
            resolve({ subject: 'x' })
          })
          begun()
        }),
    })
    const call = httpRequest(`${service.url}/open`).on('error', () => {})
    call.end()
    await started
    call.destroy()
    await expect.poll(() => gone).toBe(true)
  })
})

describe('closing', () => {
  test('a request under way is finished, readiness is off at once, and new connections are refused', async () => {
    let finish = (): void => {}
    let begun = (): void => {}
    const started = new Promise<void>((resolve) => (begun = resolve))
    const service = await start({
      openThing: async () => {
        begun()
        await new Promise<void>((resolve) => (finish = resolve))
        return { subject: 'late' }
      },
    })
    const answer = fetch(`${service.url}/open`).then((response) => response.json())
    await started
    const closed = service.close()
    await expect
      .poll(async () =>
        fetch(`${service.url}/healthz`).then(
          () => 'open',
          () => 'refused',
        ),
      )
      .toBe('refused')
    finish()
    expect(await answer).toEqual({ subject: 'late' })
    await closed
  })

  test('workers are stopped, the last first, and one that fails keeps nobody up', async () => {
    const log: string[] = []
    const worker = (name: string, stop: () => Promise<void>) => ({
      name,
      start: () => void log.push(`start ${name}`),
      stop,
    })
    const service = await start(
      {},
      {
        workers: [worker('a', async () => void log.push('stop a')), worker('b', () => Promise.reject(new Error('no')))],
      },
    )
    await service.close()
    expect(log).toEqual(['start a', 'start b', 'stop a'])
  })

  test('a request that does not end is cut off when the grace is over', async () => {
    let begun = (): void => {}
    const started = new Promise<void>((resolve) => (begun = resolve))
    const hang = () => {
      begun()
      return new Promise<never>(() => {})
    }
    const service = await start({ openThing: hang }, { limits: { graceMs: 600 } })
    const answer = fetch(`${service.url}/open`).then(
      () => 'answered',
      () => 'cut off',
    )
    await started
    await service.close()
    expect(await answer).toBe('cut off')
  })
})
