import { until } from '@plinth/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { as, identityOf, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())
beforeEach(() => void platform.seen.splice(0))

const { at } = testCalls(() => platform)
const project = '/api/v1/projects/payments'

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
