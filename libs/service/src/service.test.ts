import { failure } from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import { afterEach, describe, expect, test } from 'vitest'
import { deadlineHeader } from './identity.ts'
import { asAna, ask, startService, things, type Inject, type TestService } from './test-support/service.ts'

let running: TestService | undefined
afterEach(async () => running?.close())
const start = async (...args: Parameters<typeof startService>): Promise<TestService> =>
  (running = await startService(...args))

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
        { path: '/body/name', message: 'must be: Lower-case letters.' },
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
  test('that comes later than its caller waits is 504 by then, and no caller makes the time longer', async () => {
    const service = await start({ slowThing: () => new Promise(() => undefined) })
    const ended = async (left: string): Promise<number> => {
      const startedMs = performance.now()
      expect((await ask(service, { url: '/slow', headers: { [deadlineHeader]: left } })).status).toBe(504)
      return performance.now() - startedMs
    }
    expect(await ended('40')).toBeLessThan(250)
    const others = await Promise.all(['999999', '0', '-5', 'x', ''].map(ended))
    expect(Math.min(...others)).toBeGreaterThan(250)
  })
})
