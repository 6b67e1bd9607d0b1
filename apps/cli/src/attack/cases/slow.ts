import { pause } from '@plinth/kernel'
import type { Attack, Category } from '../attack.ts'
import { refused } from '../refused.ts'
import { bodyPath, controlProblem, guardedPath, requestText, type Target } from '../target.ts'
import type { Expectation } from '../verdict.ts'
import { dial, type Piece } from '../wire.ts'

const category: Category = 'slow'
const slowloris = 'CVE-2007-6750'
const bound = 'RFC 6585 section 5; CWE-770'
const tooLarge: Expectation = { statuses: [431] }
/** Long enough for whoever sits behind a bad line, and short for whoever holds a thousand connections. */
const cutOff: Expectation = { statuses: [408, 0], deadlineMs: 20_000, withinMs: 15_000, untilClosed: true }

/** What holds on to a connection, or makes the platform hold on to memory. */
export const slowAttacks = (target: Target): Attack[] => [
  ...refused(category, [
    ['a header of 40 KB', bound, requestText(target, { fields: [`x-long: ${'a'.repeat(40_000)}`] }), tooLarge],
    ['a header name of 40 KB', bound, requestText(target, { fields: [`x-${'a'.repeat(40_000)}: b`] }), tooLarge],
    ['500 headers', bound, requestText(target, { fields: many(500, (at) => `x-${at}: b`) }), tooLarge],
    [
      '3,000 headers and then a second Host',
      'CWE-444',
      requestText(target, { fields: [...many(3_000, () => 'a:'), 'host: other.example'] }),
      { statuses: [400, 431] },
    ],
    [
      '500 cookies',
      bound,
      requestText(target, { fields: many(500, (at) => `cookie: a${at}=b`) }),
      { statuses: [400, 431] },
    ],
    ['a million bytes without a line', bound, 'G'.repeat(1_000_000), { statuses: [400, 431, 0] }],
    [
      'a million empty lines',
      'RFC 9112 section 2.2',
      '\r\n'.repeat(500_000),
      { statuses: [400, 408, 431, 0], ...patience },
    ],
    ['nothing at all', slowloris, [{ waitMs: 60_000 }], { ...cutOff, statuses: [408, 0] }],
    ['a header byte at a time', slowloris, drip(`GET ${guardedPath} HTTP/1.1\r\nhost: a\r\nx-a: `), cutOff],
    [
      'headers without end, line by line',
      slowloris,
      drip(`GET ${guardedPath} HTTP/1.1\r\nhost: a\r\n`, 'x-a: b\r\n'),
      cutOff,
    ],
    ['a body byte at a time', 'R-U-Dead-Yet', drip(slowBody(target)), cutOff],
    ['a chunk byte at a time', 'R-U-Dead-Yet', drip(slowChunks(target), '1\r\nx\r\n'), cutOff],
    ['a body that never comes', 'R-U-Dead-Yet', [slowBody(target), { waitMs: 60_000 }], cutOff],
    ['a sign-in byte at a time', 'R-U-Dead-Yet', drip(slowSignIn(target)), cutOff],
  ]),
  { category, name: 'who never reads his answers', reference: 'CVE-2019-9517', attempt: neverReads },
  { category, name: '400 connections that say nothing', reference: slowloris, attempt: idleConnections },
  { category, name: '2,000 requests on one connection', reference: 'CVE-2013-4450', attempt: pipelined },
]

const patience = { deadlineMs: 20_000, withinMs: 15_000 }

const many = (count: number, line: (at: number) => string): string[] =>
  Array.from({ length: count }, (_none, at) => line(at))

/** One piece after the other, half a second between them, without end. */
function drip(head: string, piece = 'a'): readonly Piece[] {
  return [head, ...Array.from({ length: 60 }, (): Piece[] => [{ waitMs: 500 }, piece]).flat()]
}

const slowBody = (target: Target): string =>
  requestText(target, {
    method: 'POST',
    path: bodyPath,
    fields: ['content-type: application/json', 'content-length: 1000'],
  })
const slowChunks = (target: Target): string =>
  requestText(target, {
    method: 'POST',
    path: bodyPath,
    fields: ['content-type: application/json', 'transfer-encoding: chunked'],
  })
const slowSignIn = (target: Target): string =>
  requestText(target, {
    method: 'POST',
    path: '/auth/portal-session',
    isSignedIn: false,
    fields: ['content-type: application/json', 'content-length: 1000', `origin: ${target.url}`],
  })

/** Others are served while somebody does this; what he sees himself is his own affair. */
async function othersAreServed(target: Target, times = 5): Promise<string | undefined> {
  for (let time = 0; time < times; time++) {
    const startedMs = performance.now()
    const problem = await controlProblem(target)
    if (problem !== undefined) return `meanwhile ${problem}`
    const ms = performance.now() - startedMs
    if (ms > 2_000) return `meanwhile a good request took ${(ms / 1_000).toFixed(1)} s`
    await pause(100)
  }
  return undefined
}

async function neverReads(target: Target): Promise<string | undefined> {
  const sockets = Array.from({ length: 20 }, () =>
    dial(target)
      .on('error', () => undefined)
      .pause(),
  )
  const ask = `GET /api/openapi.json HTTP/1.1\r\nhost: ${target.authority}\r\n\r\n`
  for (const socket of sockets) socket.write(ask.repeat(50))
  const problem = await othersAreServed(target)
  for (const socket of sockets) socket.destroy()
  return problem
}

async function idleConnections(target: Target): Promise<string | undefined> {
  const sockets = Array.from({ length: 400 }, () => dial(target).on('error', () => undefined))
  const problem = await othersAreServed(target)
  for (const socket of sockets) socket.destroy()
  return problem
}

async function pipelined(target: Target): Promise<string | undefined> {
  const socket = dial(target).on('error', () => undefined)
  socket.write(`GET /healthz HTTP/1.1\r\nhost: ${target.authority}\r\n\r\n`.repeat(2_000))
  const problem = await othersAreServed(target)
  socket.destroy()
  return problem
}
