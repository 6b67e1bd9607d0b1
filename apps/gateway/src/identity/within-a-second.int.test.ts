import { until } from '@plinth/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accessToken, as, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())

const { at } = testCalls(() => platform)
const project = '/api/v1/projects/payments'

/** A stream that is open, and how long it stays so from when `begin` is called. */
async function stream(headers: Record<string, string>) {
  const response = await at(`${project}/logs/tail`, { headers })
  expect(response.status).toBe(200)
  const reader = response.body?.getReader()
  await reader?.read()
  const ended = (async () => {
    while ((await reader?.read())?.done === false);
    return performance.now()
  })()
  return { ended }
}

it('signing out ends requests and open streams within a second', async () => {
  const headers = { authorization: `Bearer ${accessToken('user:dev', { sid: 'ses_leaving' })}` }
  const { ended } = await stream(headers)
  await platform.authorization.end('ses_leaving')
  const toldMs = performance.now()
  expect((await ended) - toldMs).toBeLessThan(1_000)
  expect((await at(project, { headers })).status).toBe(401)
})

it('taking a role away ends requests and open streams within a second', async () => {
  const { links } = platform.authorization
  const link = { subject: 'user:brief', role: 'role:developer', domain: 'payments' }
  await platform.authorization.change(() => void links.push(link))
  await until(async () => (await at(project, { headers: as('user:brief') })).status === 200)
  const { ended } = await stream(as('user:brief'))
  await platform.authorization.change(() => void links.splice(links.indexOf(link), 1))
  const toldMs = performance.now()
  expect((await ended) - toldMs).toBeLessThan(1_000)
  expect((await at(project, { headers: as('user:brief') })).status).toBe(403)
})

it('a forged token on a public route makes its bearer nobody in particular', async () => {
  const forged = accessToken('user:root', {}, { kid: 'k9' })
  const response = await at('/auth/sessions', {
    method: 'POST',
    headers: { authorization: `Bearer ${forged}`, 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'ana', password: 'x' }),
  })
  expect(response.status).toBe(201)
  expect(platform.seen.at(-1)?.who).toMatchObject({
    subject: 'anonymous',
    subjects: ['anonymous'],
    address: '127.0.0.1',
  })
})
