import { connect } from 'node:net'
import { until } from '@plinth/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { accessToken, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())
beforeEach(() => void platform.seen.splice(0))

const { raw } = testCalls(() => platform)
const project = '/api/v1/projects/payments'
const ingest = '/otlp/v1/logs'
const bearer = () => `authorization: Bearer ${accessToken('user:dev')}`
/** What somebody would like to have taken for a request of its own. */
const hidden = () => `GET ${project} HTTP/1.1\r\nhost: a\r\n${bearer()}\r\nconnection: close\r\n\r\n`
const statuses = (answer: string): number[] =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
const post = (...fields: string[]): string =>
  `POST ${ingest} HTTP/1.1\r\nhost: a\r\n${bearer()}\r\ncontent-type: application/json\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
const get = (...fields: string[]): string =>
  `GET ${project} HTTP/1.1\r\nhost: a\r\n${bearer()}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`

const chunked = 'transfer-encoding: chunked'
const chunk = '2\r\n{}\r\n0\r\n\r\n'

/** Sends each text when the one before is answered; the last is answered once the connection is closed. */
async function oneByOne(...texts: string[]): Promise<string[]> {
  const { hostname, port } = new URL(platform.gateway.url)
  const socket = connect(Number(port), hostname).on('error', () => undefined)
  const answers: string[] = []
  let isClosed = false
  socket.setEncoding('latin1').on('data', (data) => void (answers[answers.length - 1] += String(data)))
  socket.on('close', () => (isClosed = true))
  for (const [at, text] of texts.entries()) {
    answers.push('')
    socket.write(text)
    await until(() => (at === texts.length - 1 ? isClosed : answers[at]?.includes('\r\n\r\n') === true), {
      intervalMs: 1,
    })
  }
  return answers
}

/** Each is followed on the same connection by what must then not be answered, and by nobody be seen. */
describe('a request whose end two programs would see in two places', () => {
  const refused: [what: string, make: () => string][] = [
    ['a length and chunked', () => post('content-length: 5', chunked) + `0\r\n\r\n`],
    ['chunked and a length', () => post(chunked, 'content-length: 5') + `0\r\n\r\n`],
    ['two lengths', () => post('content-length: 2', 'content-length: 50') + '{}'],
    ['two lengths alike', () => post('content-length: 2', 'content-length: 2') + '{}'],
    ['a list of lengths', () => post('content-length: 2, 2') + '{}'],
    ['a length with a sign', () => post('content-length: +2') + '{}'],
    ['a negative length', () => post('content-length: -2') + '{}'],
    ['a length in hexadecimal', () => post('content-length: 0x2') + '{}'],
    ['a length that overflows', () => post('content-length: 18446744073709551618') + '{}'],
    ['a coding that nobody knows', () => post('transfer-encoding: xchunked') + chunk],
    ['gzip, then chunked', () => post('transfer-encoding: gzip, chunked') + chunk],
    ['chunked, then identity', () => post('transfer-encoding: chunked, identity') + chunk],
    ['chunked in quotes', () => post('transfer-encoding: "chunked"') + chunk],
    ['chunked after a vertical tab', () => post('transfer-encoding: \u000bchunked') + chunk],
    ['two fields of coding', () => post(chunked, 'transfer-encoding: identity') + chunk],
    ['a space before the colon', () => post('transfer-encoding : chunked', 'content-length: 2') + '{}'],
    ['an underscore for a hyphen', () => post('transfer_encoding: chunked', 'content-length: 2') + '{}'],
    ['a folded coding', () => post('transfer-encoding:\r\n chunked', 'content-length: 2') + '{}'],
    ['a chunk size with 0x', () => post(chunked) + `0x2\r\n{}\r\n0\r\n\r\n`],
    ['a chunk size that overflows', () => post(chunked) + `fffffffffffffffff\r\n{}\r\n0\r\n\r\n`],
    ['a chunk longer than it says', () => post(chunked) + `1\r\n{}\r\n0\r\n\r\n`],
    ['chunks with bare line feeds', () => post(chunked) + '2\n{}\n0\n\n'],
    ['a line feed in a chunk extension', () => post(chunked) + `2;a\nb\r\n{}\r\n0\r\n\r\n`],
    ['a chunk extension without end', () => post(chunked) + `2;${'a'.repeat(100_000)}\r\n{}\r\n0\r\n\r\n`],
    ['bare line feeds', () => get().replaceAll('\r', '')],
    ['a folded field', () => get('x-a: b\r\n c: d')],
    ['a field name with a space', () => get('x a: b')],
    ['a line without a colon', () => get('nothing')],
    ['a space before the first field', () => get().replace('host', ' host')],
    ['a carriage return in a value', () => get('x-a: b\rc: d')],
    ['HTTP/0.9', () => `GET ${project}\r\n\r\n`],
    ['a version that nobody knows', () => get().replace('HTTP/1.1', 'HTTP/1.9')],
    ['an authority for a path', () => get().replace(project, 'localhost:8080')],
    ['an asterisk for a path', () => get().replace(project, '*')],
    ['a Host that none can be', () => get().replace('host: a', 'host: a b@c/')],
    ['101 fields', () => get(...Array.from({ length: 101 }, (_none, at) => `x-${at}: a`))],
    ['3,000 fields before a second Host', () => get(...Array.from({ length: 3_000 }, () => 'a:'), 'host: b')],
  ]
  it.each(refused)('%s is refused, and nothing after it is answered', async (_what, make) => {
    const answer = await raw(make() + hidden())
    expect(statuses(answer)).toHaveLength(1)
    expect([400, 413, 431]).toContain(statuses(answer)[0])
    expect(platform.seen).toEqual([])
  })

  // What is remembered of a connection's last request saves looking at the next one only where the two are the same.
  it.each(refused)('%s is refused after good ones on its connection, too', async (_what, make) => {
    const answers = await oneByOne(get(), get(), `${post('content-length: 2')}{}`, make() + hidden())
    expect(answers.slice(0, 3).map(statuses)).toEqual([[200], [200], [200]])
    expect([[400], [413], [431]]).toContainEqual(statuses(answers[3] ?? ''))
    expect(platform.seen).toHaveLength(3)
  })
})

describe('a connection with several requests', () => {
  it('answers each in its order, and takes the body of none for the next', async () => {
    const inBody = hidden()
    const answer = await raw(`${post(`content-length: ${inBody.length}`)}${inBody}${get()}${get('connection: close')}`)
    expect(statuses(answer)).toEqual([200, 200, 200])
    expect(platform.seen.map(({ operation, bytes }) => [operation, bytes])).toEqual([
      ['ingestLogs', inBody.length],
      ['getProject', 0],
      ['getProject', 0],
    ])
  })

  it('goes on after a refusal that left no doubt where the next one begins', async () => {
    const answer = await raw(`${get().replace(/Bearer \S+/, 'Bearer x')}${get('connection: close')}`)
    expect(statuses(answer)).toEqual([401, 200])
  })

  it('serves HTTP/1.0, and closes after one', async () => {
    const answer = await raw(get().replace('HTTP/1.1', 'HTTP/1.0'))
    expect(statuses(answer)).toEqual([200])
  })

  it('never changes to another protocol', async () => {
    const answer = await raw(
      get('upgrade: h2c', 'connection: upgrade, http2-settings, close', 'http2-settings: AAMAAABk'),
    )
    expect(statuses(answer)).toEqual([200])
  })

  it('passes on a body in chunks as what it holds, without extensions and trailers', async () => {
    const body = '2;ext=1\r\n{}\r\n0\r\nx-user: root\r\nauthorization: Bearer x\r\n\r\n'
    const answer = await raw(`${post('transfer-encoding: chunked', 'connection: close')}${body}`)
    expect(statuses(answer)).toEqual([200])
    expect([platform.seen[0]?.bytes, platform.seen[0]?.headers['x-user']]).toEqual([2, undefined])
  })
})
