import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAnswers } from './answers.ts'
import { categories, type Category } from './attack.ts'
import { attacksOn, runAttacks } from './run-attacks.ts'
import { gradeOf, scorecardOf } from './scorecard.ts'
import { aimAt, type Target } from './target.ts'
import { judge } from './verdict.ts'

const names = Object.keys(categories) as Category[]
/** It lets in whoever asks, whatever he asks. */
const careless = createServer((request, response) => {
  request.resume()
  response.setHeader('server', 'careless')
  if (request.url === '/.well-known/jwks.json') return void response.end('{"keys":[]}')
  response.end('{"subject":"user:admin"}')
})
let target: Target
beforeAll(async () => {
  careless.listen(0, '127.0.0.1')
  await once(careless, 'listening')
  target = await aimAt(`http://localhost:${(careless.address() as AddressInfo).port}`, 'any')
})
afterAll(() => {
  careless.close()
  careless.closeAllConnections()
})

test('who lets everybody in gets no good grade, and is told what got through', async () => {
  const wanted: readonly Category[] = ['paths', 'tokens', 'origins', 'limits']
  const outcomes = await runAttacks(target, wanted, () => undefined)
  const { scores, grade } = scorecardOf(target.url, 1, outcomes)
  expect(Object.fromEntries(scores.map(({ category, grade: of }) => [category, of]))).toEqual({
    paths: 'F', tokens: 'F', origins: 'F', limits: 'F',
  }) // prettier-ignore
  expect(grade).toBe('F')
  const tokens = outcomes.filter(({ category }) => category === 'tokens')
  // One is too long for the server that comes with Node.
  expect(tokens.filter((outcome) => outcome.problem?.startsWith('answered 200 '))).toHaveLength(tokens.length - 1)
})

test('each attack has a name of its own and says where it is known from', () => {
  const attacks = attacksOn(target, names)
  expect(attacks.length).toBeGreaterThan(250)
  expect(new Set(attacks.map(({ category, name }) => `${category} ${name}`)).size).toBe(attacks.length)
  for (const { name, reference } of attacks) expect([name, reference.length > 3]).toEqual([name, true])
  for (const category of names) expect(attacks.some((attack) => attack.category === category)).toBe(true)
})

test('a platform that is none, and a token that is none, are said before any attack is made', async () => {
  const nobody = createServer((_request, response) => response.writeHead(401).end()).listen(0, '127.0.0.1')
  await once(nobody, 'listening')
  await expect(aimAt(`http://localhost:${(nobody.address() as AddressInfo).port}`, 'x')).rejects.toThrow(/Plinth/)
  nobody.close()
  await expect(aimAt('ftp://localhost', 'x')).rejects.toThrow(/http/)
})

const heard = (text: string, isClosed = true) => ({ answers: readAnswers(text), isClosed, ms: 1 })
const problem = (status: number, body: string, more = ''): string =>
  `HTTP/1.1 ${status} X\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`

test.each([
  ['the refusal that is wanted', problem(400, '{"code":"a.b"}'), undefined],
  ['another status', problem(200, '{}'), 'answered 200 (no problem document), not 400'],
  ['another code', problem(400, '{"code":"c.d"}'), 'has the code c.d, not a.b'],
  ['what only the right question gets', problem(400, '{"code":"a.b","subject":"user:a"}'), 'tells what it must not'],
  ['a stack', problem(400, 'Error\n at Object.x (node:internal)'), 'tells what is inside'],
  ['two answers', problem(400, '{"code":"a.b"}') + problem(200, ''), 'answered 2 requests: 400, 200'],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'changed to another protocol'],
  ['no answer', '', 'closed without a word, not 400'],
])('hears %s', (_what, text, expected) => {
  expect(judge(heard(text), { statuses: [400], code: 'a.b', never: /"subject"/ })).toBe(expected)
})

test('reads answers of every framing, and the one after', () => {
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'
  const all = `HTTP/1.1 100 Continue\r\n\r\n${chunked}HTTP/1.1 204 No Content\r\n\r\n${problem(404, 'no')}`
  expect(readAnswers(all).map(({ status, body }) => [status, body])).toEqual([
    [100, ''],
    [200, 'abcde'],
    [204, ''],
    [404, 'no'],
  ])
})

test.each([
  [10, 10, 'A+'],
  [99, 100, 'A-'],
  [95, 100, 'B'],
  [0, 100, 'F'],
])('%s of %s is %s', (refused, attacks, grade) => {
  expect(gradeOf(refused, attacks)).toBe(grade)
})
