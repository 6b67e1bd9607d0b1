import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { testKeys, until } from '@plinth/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { accessToken, identityOf, testPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())
beforeEach(() => void platform.seen.splice(0))

type Options = { method?: string; headers?: Record<string, string>; body?: string | ReadableStream }
const at = (path: string, { headers = {}, ...options }: Options = {}): Promise<Response> =>
  fetch(`${platform.gateway.url}${path}`, { ...options, headers, duplex: 'half' })
const as = (subject: string): Record<string, string> => ({ authorization: `Bearer ${accessToken(subject)}` })
const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { code: string }).code
const project = '/api/v1/projects/payments'
const tail = `${project}/logs/tail`

describe('what is let in', () => {
  it('forwards an allowed request with an identity that the service verifies', async () => {
    const response = await at(project, { headers: as('user:dev') })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ name: 'payments' })
    expect(platform.seen[0]?.who).toMatchObject({
      subject: 'user:dev',
      credentialId: 'ses_dev',
      requestId: response.headers.get('x-request-id'),
    })
  })

  it('says what is missing, why, and what would help, when it denies', async () => {
    const response = await at('/api/v1/projects/other', { headers: as('user:dev') })
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(await response.json()).toMatchObject({
      code: 'gateway.permission_denied',
      required: { action: 'get', object: 'project', domain: 'other' },
      reason: 'no rule',
      nearestGrant: { domain: 'other' },
    })
    expect(platform.seen).toEqual([])
  })

  it('tells the audit ledger of a denial', async () => {
    const stop = new AbortController()
    const followed = platform.bus.follow({ sources: ['gateway'], signal: stop.signal })[Symbol.asyncIterator]()
    const next = followed.next()
    const response = await until(async () => {
      const denied = await at('/api/v1/projects/other', { headers: as('user:dev') })
      const got = await Promise.race([next.then(() => true), new Promise((resolve) => setTimeout(resolve, 100, false))])
      return got === true ? denied : undefined
    })
    expect(response.status).toBe(403)
    const { value } = (await next) as { value: { event: { type: string; data: unknown } } }
    expect(value.event.type).toBe('dev.plinth.gateway.audit.recorded.v1')
    expect(value.event.data).toMatchObject({
      actor: 'user:dev',
      action: 'project.get',
      outcome: 'denied',
      project: 'other',
    })
    stop.abort()
    await followed.return?.()
  })

  it('answers 401 with a challenge when nothing was sent', async () => {
    const response = await at(project)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="Plinth"')
    expect(await codeOf(response)).toBe('gateway.token_missing')
  })

  it('lets anybody use a public route, and the service sees nobody', async () => {
    const body = JSON.stringify({ username: 'ana', password: 'x' })
    const response = await at('/auth/sessions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    expect(response.status).toBe(201)
    expect(platform.seen[0]?.who.subject).toBe('anonymous')
  })

  it('refuses `Bearer nothing` on every guarded route of the platform', async () => {
    const document = (await (await at('/api/openapi.json')).json()) as {
      paths: Record<string, Record<string, { security: unknown[] }>>
    }
    let routes = 0
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { security }] of Object.entries(methods)) {
        if (security.length === 0) continue
        const target = path.replace(/\{[^}]*\}/g, 'some')
        const response = await at(target, {
          method: method.toUpperCase(),
          headers: { authorization: 'Bearer nothing' },
        })
        expect(`${method} ${target} ${response.status}`).toBe(`${method} ${target} 401`)
        await response.body?.cancel()
        routes++
      }
    }
    expect(routes).toBeGreaterThan(80)
    expect(platform.seen).toEqual([])
  })

  it('refuses a name that the contract does not take before it decides on it', async () => {
    const response = await at('/api/v1/projects/*', { headers: as('user:root') })
    expect([response.status, await codeOf(response)]).toEqual([400, 'platform.request_invalid'])
  })

  it('answers 405 with Allow, and 404 for what is no route', async () => {
    const wrong = await at('/api/v1/me', { method: 'PUT', headers: as('user:dev') })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET'])
    expect((await at('/api/v1/nothing', { headers: { accept: 'text/html' } })).status).toBe(404)
  })
})

describe('what a caller may not say', () => {
  it.each([
    ['x-plinth-identity', 'eyJhbGciOiJub25lIn0.e30.'],
    ['X-User', 'root'],
    ['x_user', 'root'],
    ['X-Forwarded-User', 'root'],
    ['X-Forwarded-For', '10.0.0.1'],
    ['Forwarded', 'for=10.0.0.1'],
    ['X-Remote-User', 'root'],
    ['X-Original-URL', '/admin'],
    ['X-HTTP-Method-Override', 'DELETE'],
    ['X-Role', 'administrator'],
    ['Nats-Request-Info', '{}'],
    ['X-CSRF-Token', 'x'],
    ['Cookie', 'other=1'],
  ])('never forwards %s', async (name, value) => {
    const response = await at(project, { headers: { ...as('user:dev'), [name]: value } })
    expect(response.status).toBe(200)
    expect(platform.seen[0]?.who.subject).toBe('user:dev')
    expect(platform.seen[0]?.headers[name.toLowerCase()]).not.toBe(value)
    expect(platform.seen[0]?.headers['authorization']).toBeUndefined()
  })

  it('takes off a header that Connection names, but never its own', async () => {
    const headers = {
      ...as('user:dev'),
      connection: 'x-hop, x-plinth-identity, keep-alive',
      'x-hop': '1',
      'x-keep': '1',
    }
    const status = await new Promise((resolve, reject) => {
      httpRequest(`${platform.gateway.url}${project}`, { headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .on('error', reject)
        .end()
    })
    expect(status).toBe(200)
    expect(platform.seen[0]?.headers).toMatchObject({ 'x-keep': '1' })
    expect(platform.seen[0]?.headers).not.toHaveProperty('x-hop')
  })

  it('strips hop-by-hop headers and cookies of a service from its answer', async () => {
    const response = await at('/git/payments/ledger.git/info/refs?service=git-upload-pack', { headers: as('user:dev') })
    expect([response.status, await response.text()]).toEqual([200, 'refs'])
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(response.headers.get('content-security-policy')).toContain('sandbox')
  })
})

const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port, hostname } = new URL(platform.gateway.url)
    let answer = ''
    const socket = connect(Number(port), hostname, () => socket.write(text))
    socket
      .setEncoding('utf8')
      .on('data', (data) => (answer += String(data)))
      .on('error', reject)
      .on('close', () => resolve(answer))
  })

describe('a target with more than one reading', () => {
  const token = () => accessToken('user:dev')
  it.each([
    ['a dot segment', '/api/./v1/projects/payments'],
    ['an encoded dot segment', '/api/%2e/v1/projects/payments'],
    ['a parent segment', '/api/v1/projects/other/../payments'],
    ['an encoded parent segment', '/api/v1/projects/other/%2e%2E/payments'],
    ['a parent segment at the end', '/api/v1/projects/payments/..'],
    ['an encoded slash', '/api/v1/projects%2fpayments'],
    ['an encoded backslash', '/api/v1/projects%5cpayments'],
    ['a backslash', '/api/v1\\projects/payments'],
    ['a backslash that climbs', '/api/x\\..\\v1/projects/payments'],
    ['an empty segment', '/api//v1/projects/payments'],
    ['an empty segment at the start', '//api/v1/projects/payments'],
    ['a NUL', '/api/v1/projects/payments%00'],
    ['a line break', '/api/v1/projects/payments%0d%0a'],
    ['a delete character', '/api/v1/projects/payments%7f'],
    ['a C1 control character', '/api/v1/projects/payments%c2%85'],
    ['path parameters', '/api/v1/projects/payments;a=b'],
    ['encoded path parameters', '/api/v1/projects/payments%3ba=b'],
    ['double encoding', '/api/v1/%252e%252e/projects/payments'],
    ['an encoded letter', '/api/v1/projects/%70ayments'],
    ['overlong UTF-8', '/api/v1/projects/%c0%afpayments'],
    ['broken UTF-8', '/api/v1/projects/%ff'],
    ['broken percent-encoding', '/api/v1/projects/%zz'],
    ['a lone percent sign', '/api/v1/projects/%'],
    ['a fragment', '/api/v1/projects/payments#x'],
    ['a whole URL of another host', 'http://other.example/api/v1/projects/payments'],
    ['a whole URL of this host', 'http://localhost:8080/api/v1/projects/payments'],
  ])('refuses %s', async (_what, target) => {
    const answer = await raw(
      `GET ${target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token()}\r\nconnection: close\r\n\r\n`,
    )
    expect(answer.slice(0, 12)).toBe('HTTP/1.1 400')
    expect(answer).toContain('gateway.path_refused')
    expect(platform.seen).toEqual([])
  })

  it.each([
    ['another case', '/API/v1/projects/payments'],
    ['a slash at the end', '/api/v1/projects/payments/'],
  ])('knows no route with %s', async (_what, target) => {
    const answer = await raw(
      `GET ${target} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token()}\r\nconnection: close\r\n\r\n`,
    )
    expect(answer.slice(0, 12)).toBe('HTTP/1.1 404')
  })

  it('hands on the target byte by byte', async () => {
    const target = `${project}/repositories/ledger/tree?ref=feature%2Fx&path=a%20b`
    expect((await at(target, { headers: as('user:dev') })).status).toBe(200)
    expect(platform.seen[0]?.url).toBe(target)
  })

  it.each([
    ['two Authorization fields', 'authorization: Bearer a\r\nauthorization: Bearer b\r\n'],
    ['two Host fields', 'host: b\r\n'],
    ['Content-Length and Transfer-Encoding', 'content-length: 3\r\ntransfer-encoding: chunked\r\n'],
    ['two lengths', 'content-length: 3\r\ncontent-length: 4\r\n'],
    ['a folded header', 'x-a: b\r\n c: d\r\nx-\u0000: 1\r\n'],
    ['a header without a name', ': x\r\n'],
  ])('refuses %s', async (_what, fields) => {
    const answer = await raw(`GET ${project} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n${fields}\r\n`)
    expect(answer.slice(0, 12)).toBe('HTTP/1.1 400')
  })

  it('refuses headers without end', async () => {
    const answer = await raw(`GET ${project} HTTP/1.1\r\nhost: a\r\nx-long: ${'a'.repeat(40_000)}\r\n\r\n`)
    expect(answer.slice(0, 12)).toBe('HTTP/1.1 431')
  })
})

describe('opaque tokens and git', () => {
  const secret = 'plt_0123456789abcdefghij'
  const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`any:${password}`).toString('base64')}` })
  beforeAll(() => void platform.authorization.credentials.set(secret, identityOf('user:dev', 'tok_1')))

  it('takes a token as Bearer and as the password of Basic', async () => {
    expect((await at(project, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(200)
    expect((await at('/git/payments/ledger.git/info/refs', { headers: basic(secret) })).status).toBe(200)
    expect(platform.seen.map(({ who }) => who.credentialId)).toEqual(['tok_1', 'tok_1'])
  })

  it('asks git for a password, and only git', async () => {
    const git = await at('/git/payments/ledger.git/info/refs')
    expect([git.status, git.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="Plinth", charset="UTF-8"'])
    expect((await at('/git/payments/ledger.git/info/refs', { headers: basic('plt_wrongwrongwrong') })).status).toBe(401)
    expect((await at(project, { headers: basic('wrong') })).headers.get('www-authenticate')).toMatch(/^Bearer/)
  })

  it('refuses a withdrawn token at once, although it was cached', async () => {
    platform.authorization.credentials.set('plt_withdrawn_0123456789', identityOf('user:dev', 'tok_2'))
    const headers = { authorization: 'Bearer plt_withdrawn_0123456789' }
    expect((await at(project, { headers })).status).toBe(200)
    await platform.authorization.end('tok_2')
    await until(async () => (await at(project, { headers })).status === 401, { timeoutMs: 2_000 })
  })

  it('streams a pack of unknown length to the service', async () => {
    const chunk = Buffer.alloc(65_536, 1)
    const body = new ReadableStream({
      start(controller) {
        for (let index = 0; index < 64; index++) controller.enqueue(chunk)
        controller.close()
      },
    })
    const response = await at('/git/payments/ledger.git/git-receive-pack', {
      method: 'POST',
      headers: as('user:dev'),
      body,
    })
    expect([response.status, await response.text()]).toEqual([200, 'raw answer'])
    expect(platform.seen[0]?.bytes).toBe(64 * 65_536)
  })
})

describe('the portal session', () => {
  const json = { 'content-type': 'application/json' }
  const open = async (password = 'right', headers: Record<string, string> = {}) =>
    at('/auth/portal-session', {
      method: 'POST',
      headers: { ...json, ...headers },
      body: JSON.stringify({ username: 'dev', password }),
    })
  const signIn = async () => {
    const response = await open()
    const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    const { csrfToken } = (await response.json()) as { csrfToken: string }
    return { cookie, csrfToken, setCookie: response.headers.get('set-cookie') }
  }
  const scale = `${project}/environments/development/workloads/ledger/scale`

  it('goes into a cookie that no script, no other host and no plain connection gets', async () => {
    const { setCookie } = await signIn()
    expect(setCookie).toMatch(/^__Host-plinth=pls_[^;]+;/)
    for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Strict']) expect(setCookie).toContain(attribute)
  })

  it('refuses a wrong password, a wrong body and a foreign origin', async () => {
    expect((await open('wrong')).status).toBe(401)
    expect((await open('right', { origin: 'https://evil.example' })).status).toBe(403)
    expect((await at('/auth/portal-session', { method: 'POST', headers: json, body: '{"username":1}' })).status).toBe(
      400,
    )
  })

  it('reads with the cookie alone, and changes only with the anti-forgery token', async () => {
    const { cookie, csrfToken } = await signIn()
    expect((await at(project, { headers: { cookie } })).status).toBe(200)
    const again = (await (await at('/auth/portal-session', { headers: { cookie } })).json()) as { csrfToken: string }
    expect(again.csrfToken).toBe(csrfToken)
    const change = { method: 'POST', body: '{"replicas":1}' }
    for (const headers of [
      {},
      { 'x-csrf-token': 'wrong' },
      { 'x-csrf-token': csrfToken, origin: 'https://evil.example' },
    ]) {
      const response = await at(scale, { ...change, headers: { ...json, cookie, ...headers } })
      expect([response.status, await codeOf(response)]).toEqual([403, 'gateway.csrf_missing'])
    }
    const allowed = await at(scale, {
      ...change,
      headers: { ...json, cookie, 'x-csrf-token': csrfToken, origin: 'http://localhost:8080' },
    })
    expect([403, 202, 200]).toContain(allowed.status)
    if (allowed.status === 403) expect(await codeOf(allowed)).toBe('gateway.permission_denied')
  })

  it('refuses to stream to a page of another origin', async () => {
    const { cookie } = await signIn()
    expect((await at(tail, { headers: { cookie, origin: 'https://evil.example' } })).status).toBe(403)
  })

  it('can not be used as a token, nor sent twice', async () => {
    const { cookie } = await signIn()
    const secret = cookie.slice(cookie.indexOf('=') + 1)
    expect((await at(project, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(401)
    expect((await at(project, { headers: { cookie: `${cookie}; ${cookie}` } })).status).toBe(401)
  })

  it('is over at once when it is closed', async () => {
    const { cookie, csrfToken } = await signIn()
    const response = await at('/auth/portal-session', {
      method: 'DELETE',
      headers: { cookie, 'x-csrf-token': csrfToken },
    })
    expect(response.status).toBe(204)
    expect(response.headers.get('set-cookie')).toContain('Max-Age=0')
    expect((await at(project, { headers: { cookie } })).status).toBe(401)
  })
})

describe('what changes while it runs', () => {
  it('makes a new role effective without a restart', async () => {
    expect((await at('/api/v1/projects/fresh', { headers: as('user:dev') })).status).toBe(403)
    await platform.authorization.change(() =>
      platform.authorization.links.push({ subject: 'user:dev', role: 'role:developer', domain: 'fresh' }),
    )
    await until(async () => (await at('/api/v1/projects/fresh', { headers: as('user:dev') })).status === 200)
  })

  it('finds a change that nobody told of', async () => {
    const gateway = await platform.start({}, { policyCheckMs: 50 })
    const get = () => fetch(`${gateway.url}/api/v1/projects/untold`, { headers: as('user:dev') })
    await until(async () => (await get()).status === 403)
    await platform.authorization.change(
      () => platform.authorization.links.push({ subject: 'user:dev', role: 'role:developer', domain: 'untold' }),
      false,
    )
    await until(async () => (await get()).status === 200)
    await gateway.close()
  })

  it('ends an access token at once when its session ends, and still after a restart', async () => {
    const headers = { authorization: `Bearer ${accessToken('user:dev', { sid: 'ses_signed_out' })}` }
    expect((await at(project, { headers })).status).toBe(200)
    await platform.authorization.end('ses_signed_out')
    await until(async () => (await at(project, { headers })).status === 401)
    const restarted = await platform.start()
    await until(async () => (await fetch(`${restarted.url}${project}`, { headers })).status === 401)
    await restarted.close()
  })

  const opened = async (headers: Record<string, string>, path = tail) => {
    const response = await at(path, { headers })
    expect(response.status).toBe(200)
    const reader = response.body?.getReader()
    await reader?.read()
    const ended = (async () => {
      while ((await reader?.read())?.done === false);
    })()
    return { ended }
  }

  it('closes a stream when its credential is withdrawn', async () => {
    const { ended } = await opened({ authorization: `Bearer ${accessToken('user:dev', { sid: 'ses_streaming' })}` })
    await platform.authorization.end('ses_streaming')
    await ended
  })

  it('closes a stream when the policy no longer allows it', async () => {
    const { links } = platform.authorization
    const link = { subject: 'user:temp', role: 'role:developer', domain: 'payments' }
    await platform.authorization.change(() => void links.push(link))
    await until(async () => (await at(project, { headers: as('user:temp') })).status === 200)
    const { ended } = await opened(as('user:temp'))
    await platform.authorization.change(() => void links.splice(links.indexOf(link), 1))
    await ended
  })

  it('closes a stream when its token expires', async () => {
    const now = Math.floor(Date.now() / 1000)
    const { ended } = await opened({ authorization: `Bearer ${accessToken('user:dev', { exp: now + 2 })}` })
    await ended
  })

  it('ends the request to the service when the caller goes away', async () => {
    const caller = new AbortController()
    const response = await fetch(`${platform.gateway.url}${tail}`, { headers: as('user:dev'), signal: caller.signal })
    await response.body?.getReader().read()
    caller.abort()
    await until(async () => {
      const metrics = await (await fetch(`${platform.upstream.url}/metrics`)).text()
      return /operation="tailLogs"/.test(metrics)
    })
  })
})

describe('/events', () => {
  it('shows the events of projects that the caller may see, and goes on after a cursor', async () => {
    const read = async (subject: string, lastEventId?: string) => {
      const stop = new AbortController()
      const headers = { ...as(subject), ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) }
      const response = await fetch(`${platform.gateway.url}/events`, { headers, signal: stop.signal })
      const chunks: string[] = []
      const done = (async () => {
        for await (const chunk of response.body ?? []) chunks.push(Buffer.from(chunk).toString())
      })().catch(() => undefined)
      return { text: () => chunks.join(''), stop: () => stop.abort(), done }
    }
    const root = await read('user:root')
    const dev = await read('user:dev')
    await until(async () => {
      await at('/api/v1/projects/payments/audit', { headers: as('user:nobody') })
      await platform.authorization.change(() => undefined)
      return root.text().includes('policy.changed') && root.text().includes('audit.recorded')
    })
    expect(dev.text()).not.toContain('event')
    const cursor = /id: (\S+)/.exec(root.text())?.[1]
    const resumed = await read('user:root', cursor)
    await until(() => resumed.text().includes('data: '))
    for (const stream of [root, dev, resumed]) stream.stop()
  })

  it('refuses a cursor that it never gave out', async () => {
    const response = await at('/events', { headers: { ...as('user:root'), 'last-event-id': 'made up' } })
    expect(await response.text()).toContain('platform.cursor_invalid')
  })
})

describe('limits', () => {
  const ingest = '/otlp/v1/logs'
  it('refuses a body whose declared length is too large', async () => {
    const answer = await raw(
      `POST ${ingest} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${accessToken('user:dev')}\r\ncontent-length: 99999999999\r\n\r\n`,
    )
    expect(answer.slice(0, 12)).toBe('HTTP/1.1 413')
  })

  it('refuses a body without a length when it grows too large', async () => {
    await platform.authorization.change(() =>
      platform.authorization.links.push({ subject: 'user:ops', role: 'role:administrator', domain: 'payments' }),
    )
    await until(async () => (await at(project, { headers: as('user:ops') })).status === 200)
    const { hostname, port } = new URL(platform.gateway.url)
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname)
      let said = ''
      const chunk = `10000\r\n${'a'.repeat(65_536)}\r\n`
      const head = `POST ${project}/environments/development/workloads/ledger/scale HTTP/1.1\r\nhost: a\r\n`
      socket.write(
        `${head}authorization: Bearer ${accessToken('user:ops')}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`,
      )
      for (let index = 0; index < 20; index++) socket.write(chunk)
      socket.setEncoding('utf8').on('data', (data) => (said += String(data)))
      // Cut off while we still send; what counts is that the answer came before.
      socket.on('error', () => undefined).on('close', () => resolve(said))
    })
    expect(answer.slice(0, 12)).toBe('HTTP/1.1 413')
    expect(answer).toContain('platform.body_too_large')
  })

  it('lets one address try to sign in only so often', async () => {
    const gateway = await platform.start({ PLINTH_SIGN_INS_PER_MINUTE: '3' })
    const attempt = () =>
      fetch(`${gateway.url}/auth/sessions`, {
        method: 'POST',
        body: '{"username":"a","password":"b"}',
        headers: { 'content-type': 'application/json' },
      })
    const statuses: number[] = []
    for (let index = 0; index < 5; index++) statuses.push((await attempt()).status)
    expect(statuses).toEqual([201, 201, 201, 429, 429])
    expect(Number((await attempt()).headers.get('retry-after'))).toBeGreaterThan(0)
    await gateway.close()
  })
})

describe('when parts are missing', () => {
  it('answers 503 while a service is down, and goes on when it is back', async () => {
    const gateway = await platform.start({ PLINTH_UPSTREAM_PROVISIONING: 'http://127.0.0.1:9' })
    await until(async () => (await fetch(`${gateway.url}/readyz`)).ok)
    const response = await fetch(`${gateway.url}${project}`, { headers: as('user:dev') })
    expect([response.status, await codeOf(response)]).toEqual([503, 'platform.unavailable'])
    expect(response.headers.get('retry-after')).toBe('2')
    await gateway.close()
  })

  it('keeps deciding by the last policy while authorization is silent, but refuses changes after a while', async () => {
    let skewMs = 0
    const clock = { now: () => new Date(), monotonicMs: () => performance.now() + skewMs }
    const gateway = await platform.start({}, { clock, policyCheckMs: 50 })
    const get = () => fetch(`${gateway.url}${project}`, { headers: as('user:dev') })
    await until(async () => (await get()).status === 200)
    await platform.authorization.worker.stop()
    skewMs = 301_000
    expect((await get()).status).toBe(200)
    const write = await fetch(`${gateway.url}/git/payments/ledger.git/git-receive-pack`, {
      method: 'POST',
      headers: as('user:dev'),
      body: 'x',
    })
    expect([write.status, await codeOf(write)]).toEqual([503, 'platform.unavailable'])
    await platform.authorization.worker.start()
    await gateway.close()
  })

  it('is not ready and decides nothing before it has a policy', async () => {
    await platform.authorization.worker.stop()
    const gateway = await platform.start()
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503)
    expect((await fetch(`${gateway.url}${project}`, { headers: as('user:dev') })).status).toBe(503)
    await platform.authorization.worker.start()
    await until(async () => (await fetch(`${gateway.url}${project}`, { headers: as('user:dev') })).status === 200)
    await gateway.close()
  })
})

describe('the portal', () => {
  it('is served with its page for navigations, from the moment it is there', async () => {
    const html = { accept: 'text/html' }
    expect((await at('/catalog', { headers: html })).status).toBe(404)
    await mkdir(join(platform.portalDir, 'assets'), { recursive: true })
    await writeFile(join(platform.portalDir, 'index.html'), '<!doctype html><title>Plinth</title>')
    await writeFile(join(platform.portalDir, 'assets', 'index-Ab3dEf9_.js'), 'export {}')
    await writeFile(join(platform.portalDir, '.secret'), 'secret')
    const page = await at('/catalog/ledger', { headers: html })
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-cache'])
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(await page.text()).toContain('Plinth')
    const asset = await at('/assets/index-Ab3dEf9_.js')
    expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable'])
    for (const path of ['/api/v2/x', '/auth/x', '/git/x', '/assets/none.js', '/.well-known/none'])
      expect((await at(path, { headers: html })).status).toBe(404)
    expect((await at('/.secret')).status).toBe(404)
  })

  it('lists the operations on a page of its own', async () => {
    const page = await at('/api/docs')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await page.text()).toContain('/api/v1/projects/:project')
  })
})

it('does not start with a route that no role can hold, and names it', async () => {
  const route = {
    method: 'GET',
    path: '/x',
    summary: '',
    permission: { action: 'exec', object: 'audit', domain: '*' },
    response: { 200: {} },
  } as const
  const contracts = {
    schemas: { service: 'schemas', routes: { forgotten: { ...route, permission: undefined }, fine: route } },
  }
  await expect(platform.start({}, { contracts: contracts as never })).rejects.toThrow(
    /forgotten of schemas \(GET \/x\) has no permission/,
  )
  expect(testKeys.publicKey).toContain('PUBLIC KEY')
})
