import { contracts, type RouteSpec } from '@plinth/contracts'
import { until } from '@plinth/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { codeOf, identityOf, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())
beforeEach(() => void platform.seen.splice(0))

const { at } = testCalls(() => platform)
const project = '/api/v1/projects/payments'
type Scope = { action: string; object: string; domain: string }
let made = 0
/** The credential of a token of `user:dev` that is narrowed to these scopes. */
function narrowed(scopes: Scope[], subject = 'user:dev'): string {
  const token = `plt_narrowed_token_${++made}`
  platform.authorization.credentials.set(token, { ...identityOf(subject, `tok_${made}`), scopes })
  return token
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const basic = (token: string) => ({ authorization: `Basic ${Buffer.from(`git:${token}`).toString('base64')}` })
const answer = async (path: string, call: Parameters<typeof at>[1]) => {
  const response = await at(path, call)
  const code = response.ok ? undefined : await codeOf(response)
  await response.body?.cancel().catch(() => undefined)
  return [response.status, code]
}

describe('a token that is narrowed to scopes', () => {
  it('is let through within them, and services are told of them and of the address', async () => {
    const scopes = [{ action: 'get', object: 'project', domain: 'payments' }]
    expect(await answer(project, { headers: bearer(narrowed(scopes)) })).toEqual([200, undefined])
    expect(platform.seen[0]?.who).toMatchObject({ subject: 'user:dev', scopes, address: '127.0.0.1' })
  })

  it('is refused outside them, though its owner may', async () => {
    const headers = bearer(narrowed([{ action: 'get', object: 'component', domain: 'payments' }]))
    expect(await answer(project, { headers })).toEqual([403, 'gateway.scope_missing'])
    expect(platform.seen).toEqual([])
  })

  it('gives nothing that its owner lacks', async () => {
    const headers = bearer(narrowed([{ action: '*', object: '*', domain: '*' }]))
    expect(await answer('/api/v1/projects/other', { headers })).toEqual([403, 'gateway.permission_denied'])
  })

  it('with no scope at all may nothing', async () => {
    expect(await answer(project, { headers: bearer(narrowed([])) })).toEqual([403, 'gateway.scope_missing'])
  })

  it('is refused on every route about the caller himself, unless the service decides within the scopes', async () => {
    const headers = bearer(narrowed([{ action: '*', object: '*', domain: '*' }]))
    let refused = 0
    for (const { routes } of Object.values(contracts)) {
      for (const spec of Object.values<RouteSpec>(routes)) {
        if (spec.permission !== 'authenticated' || spec.scopes === 'service') continue
        const target = spec.path.replaceAll(/:[a-zA-Z]+/g, 'abc_123').replace('/*', '/x')
        const [status, code] = await answer(target, { method: spec.method, headers })
        // A name that the contract does not take is refused before, and as good.
        if (status !== 400) expect([target, status, code]).toEqual([target, 403, 'gateway.scope_missing'])
        refused++
      }
    }
    expect(refused).toBeGreaterThan(15)
    expect(platform.seen).toEqual([])
  })

  it('fetches by git where it may read the repository, and pushes only where it may update it', async () => {
    const repository = { object: 'repository/*', domain: 'payments' }
    const reading = narrowed([{ action: 'get', ...repository }])
    const writing = narrowed([{ action: 'update', ...repository }])
    const push = '/git/payments/ledger.git/git-receive-pack'
    const send = (token: string) =>
      answer(push, { method: 'POST', headers: { ...basic(token), 'content-type': 'application/x-git-receive-pack-request' }, body: '0000' }) // prettier-ignore
    const look = '/git/payments/ledger.git/info/refs'
    expect(await answer(look, { headers: basic(reading) })).toEqual([200, undefined])
    expect(await send(reading)).toEqual([403, 'gateway.scope_missing'])
    expect(await send(writing)).toEqual([200, undefined])
    expect(await answer(look, { headers: basic(writing) })).toEqual([403, 'gateway.scope_missing'])
  })

  it('follows no events but those within its scopes', async () => {
    const token = narrowed([{ action: 'get', object: 'project', domain: 'payments' }], 'user:root')
    const stop = new AbortController()
    const open = async (headers: Record<string, string>) => {
      const response = await fetch(`${platform.gateway.url}/events`, { headers, signal: stop.signal })
      const seen: string[] = []
      void (async () => {
        for await (const chunk of response.body ?? []) seen.push(Buffer.from(chunk).toString())
      })().catch(() => undefined)
      return () => seen.join('')
    }
    const whole = `plt_whole_token_${++made}`
    platform.authorization.credentials.set(whole, identityOf('user:root', 'tok_whole'))
    const [narrow, all] = [await open(bearer(token)), await open(bearer(whole))]
    await until(async () => {
      await platform.authorization.change(() => undefined)
      return all().includes('policy.changed')
    })
    expect(narrow()).not.toContain('policy.changed')
    stop.abort()
  })
})
