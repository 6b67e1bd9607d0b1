import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { failure, operations } from '@plinth/contracts'
import { afterEach, describe, expect, test } from 'vitest'
import { contractProblems } from './check-contract.ts'
import { asAna, ask, routes, startService, things, type TestService } from './test-support/service.ts'

let running: TestService | undefined
afterEach(async () => running?.close())
const start = async (...args: Parameters<typeof startService>): Promise<TestService> =>
  (running = await startService(...args))

describe('a contract that can not be served fails the start', () => {
  const broken = (spec: object, names = ['listThings']): string[] => {
    const handlers = Object.fromEntries(names.map((name) => [name, () => undefined]))
    return contractProblems({ listThings: { ...routes.listThings, ...spec } }, handlers)
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

  test.each([
    ['a body longer than the route takes', '/projects/payments/things', 'content-type: application/json\r\n', 413],
    ['a body that the handler refuses unread', '/raw/a', '', 409],
  ])('%s can be sent to its end after the answer, and the connection goes on', async (_what, path, fields, status) => {
    const service = await start({ rawThing: () => Promise.reject(failure('platform.request_in_progress')) })
    const identity = Object.entries(asAna()).map(([name, value]) => `${name}: ${value}\r\n`).join('') // prettier-ignore
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1')
    const said = (form: RegExp): Promise<string> =>
      new Promise((resolve, reject) => {
        let text = ''
        const onData = (chunk: Buffer): void => {
          text += chunk.toString()
          if (form.test(text)) resolve(text)
        }
        socket.on('data', onData).once('error', reject).once('close', () => reject(new Error(`closed after ${text}`))) // prettier-ignore
      })
    const refused = said(/\}$/)
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${identity}${fields}content-length: 400000\r\n\r\n`)
    expect(await refused).toContain(`HTTP/1.1 ${status}`)
    const next = said(/"alive"|HTTP\/1\.1 200/)
    socket.write(Buffer.alloc(400_000))
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n')
    expect(await next).toContain('HTTP/1.1 200')
    socket.destroy()
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
