import { until } from '@plinth/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { accessToken, as, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())
beforeEach(() => void platform.seen.splice(0))

const { at, raw } = testCalls(() => platform)
const project = '/api/v1/projects/payments'

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
