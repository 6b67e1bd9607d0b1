import { request as httpRequest } from 'node:http'
import { until } from '@plinth/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { as, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())
beforeEach(() => void platform.seen.splice(0))

const { at } = testCalls(() => platform)
const project = '/api/v1/projects/payments'

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

  it('gives a request its own id, and repeats the one of the caller only where AuthZEN asks for it', async () => {
    const headers = { ...as('user:dev'), 'x-request-id': 'bfe9eb29-ab87-4ca3-be83-a1d5d8305716' }
    expect((await at(project, { headers })).headers.get('x-request-id')).toMatch(/^req_/)
    expect(platform.seen[0]?.headers['x-request-id']).toMatch(/^req_/)
    const evaluation = await at('/access/v1/evaluation', { method: 'POST', headers, body: '{}' })
    expect(evaluation.headers.get('x-request-id')).toBe(headers['x-request-id'])
  })
})
