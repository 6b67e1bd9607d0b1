import { connect } from 'node:net'
import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accessToken, as, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())

const { at, raw } = testCalls(() => platform)
const project = '/api/v1/projects/payments'

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
