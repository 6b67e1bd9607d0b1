import type { Attack, Row } from '../attack.ts'
import { refused } from '../refused.ts'
import { bodyPath, goodBody, guardedPath, requestText, secretOfGuarded, type Target } from '../target.ts'
import type { Expectation } from '../verdict.ts'

const badRequest: Expectation = { statuses: [400], never: secretOfGuarded }
/** Some are refused by the parser, some by the route: what counts is that nothing of it becomes a second request. */
const noSecond: Expectation = { statuses: [400, 401, 404, 405, 411, 413, 415, 501], never: secretOfGuarded }
const notHere: Expectation = { statuses: [400, 404, 405, 501, 505, 0], never: secretOfGuarded }

const framing = 'RFC 9112 section 6.1; CVE-2022-32213'
const coding = 'RFC 9112 section 6.1; CVE-2022-32215'
const length = 'RFC 9112 section 6.3'
const chunks = 'RFC 9112 section 7.1'

/** Two requests in the clothes of one: what two programs in a row could cut in two places. */
export const smugglingAttacks = (target: Target): Attack[] =>
  refused('smuggling', [...framingRows(target), ...chunkRows(target), ...protocolRows(target)])

/** A request that somebody hides in the body of another. */
const hidden = ({ authority }: Target): string => `GET /healthz HTTP/1.1\r\nhost: ${authority}\r\n\r\n`

/** Signed in, kept alive, so that a second request would be answered. */
const post = (target: Target, fields: readonly string[], body: string): string =>
  `POST ${bodyPath} HTTP/1.1\r\nhost: ${target.authority}\r\nauthorization: Bearer ${target.token}\r\n` +
  `content-type: application/json\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n${body}`

const chunkedGood = `${goodBody.length.toString(16)}\r\n${goodBody}\r\n0\r\n\r\n`

function framingRows(target: Target): Row[] {
  const second = hidden(target)
  const lengths = (value: string): string => post(target, [`content-length: ${value}`], goodBody + second)
  const coded = (value: string): string => post(target, [`transfer-encoding: ${value}`], chunkedGood + second)
  const both = (...fields: string[]): string => post(target, fields, `0\r\n\r\n${second}`)
  return [
    ['a length, then chunked', framing, both('content-length: 6', 'transfer-encoding: chunked'), badRequest],
    ['chunked, then a length', framing, both('transfer-encoding: chunked', 'content-length: 6'), badRequest],
    ['two lengths that differ', length, both('content-length: 5', 'content-length: 60'), badRequest],
    ['two lengths alike', length, both('content-length: 5', 'content-length: 5'), badRequest],
    ['a list of lengths', length, lengths('5, 5'), badRequest],
    ['a length with a sign', length, lengths('+5'), badRequest],
    ['a negative length', length, lengths('-1'), badRequest],
    ['a length in hexadecimal', length, lengths('0x5'), badRequest],
    ['a length with a space in it', length, lengths('5 6'), badRequest],
    ['a length that overflows', 'CVE-2018-7159', lengths('18446744073709551621'), badRequest],
    ['an empty length', length, lengths(''), badRequest],
    ['a coding that nobody knows', coding, coded('xchunked'), noSecond],
    ['chunked and identity', coding, coded('chunked, identity'), noSecond],
    ['chunked twice', coding, coded('chunked, chunked'), noSecond],
    ['two fields of coding', coding, both('transfer-encoding: chunked', 'transfer-encoding: identity'), noSecond],
    ['gzip, then chunked', coding, coded('gzip, chunked'), noSecond],
    ['chunked in quotes', coding, coded('"chunked"'), noSecond],
    ['chunked after a vertical tab', coding, coded('\u000bchunked'), noSecond],
    [
      'a space before the colon of the coding',
      'CVE-2019-16276',
      both('transfer-encoding : chunked', 'content-length: 5'),
      badRequest,
    ],
    ['a coding by an underscore', 'CWE-444', both('transfer_encoding: chunked', 'content-length: 5'), badRequest],
    ['a folded coding', 'CVE-2022-32215', both('transfer-encoding:\r\n chunked', 'content-length: 5'), badRequest],
    ['chunked in HTTP/1.0', 'RFC 9112 section 6.1', coded('chunked').replace('HTTP/1.1', 'HTTP/1.0'), noSecond],
    ['a body of GET that is a request', 'RFC 9110 section 9.3.1', getWithBody(target), { statuses: [200, 400, 413] }],
  ]
}

const getWithBody = (target: Target): string => {
  const body = hidden(target)
  return requestText(target, { fields: [`content-length: ${body.length}`], body }).replace('connection: close\r\n', '')
}

function chunkRows(target: Target): Row[] {
  const chunked = (body: string): string => post(target, ['transfer-encoding: chunked'], body)
  const size = goodBody.length.toString(16)
  const second = hidden(target)
  return [
    ['a chunk size with 0x', chunks, chunked(`0x${size}\r\n${goodBody}\r\n0\r\n\r\n${second}`), badRequest],
    ['a negative chunk size', chunks, chunked(`-1\r\n${goodBody}\r\n0\r\n\r\n${second}`), badRequest],
    [
      'a chunk size that overflows',
      'CVE-2013-2028',
      chunked(`fffffffffffffffff\r\n${goodBody}\r\n0\r\n\r\n`),
      badRequest,
    ],
    ['a chunk longer than it says', chunks, chunked(`5\r\n${goodBody}\r\n0\r\n\r\n${second}`), badRequest],
    ['chunks with bare line feeds', 'CVE-2022-32214', chunked(`${size}\n${goodBody}\n0\n\n${second}`), badRequest],
    ['a bare line feed after a size', 'CVE-2025-22871', chunked(`${size};\n${goodBody}\r\n0\r\n\r\n`), badRequest],
    [
      'a chunk extension of 100 KB',
      'CVE-2024-22019',
      chunked(`${size};${'a'.repeat(100_000)}\r\n${goodBody}\r\n0\r\n\r\n`),
      { ...badRequest, statuses: [400, 413] },
    ],
    [
      'a line feed in a chunk extension',
      'CVE-2022-32214',
      chunked(`${size};a\nb\r\n${goodBody}\r\n0\r\n\r\n`),
      badRequest,
    ],
    ['who asks in a trailer', 'RFC 9110 section 6.5.1', inTrailer(target), { statuses: [401], never: secretOfGuarded }],
    [
      'a request after one that was refused',
      'RFC 9112 section 9.3',
      `${post(target, ['content-length: x'], '')}${second}`,
      badRequest,
    ],
  ]
}

const inTrailer = (target: Target): string =>
  `POST ${bodyPath} HTTP/1.1\r\nhost: ${target.authority}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
  `transfer-encoding: chunked\r\ntrailer: authorization\r\n\r\n` +
  `${goodBody.length.toString(16)}\r\n${goodBody}\r\n0\r\nauthorization: Bearer ${target.token}\r\n\r\n`

function protocolRows(target: Target): Row[] {
  const fields = `host: ${target.authority}\r\nauthorization: Bearer ${target.token}\r\nconnection: close`
  const line = (first: string): string => `${first}\r\n${fields}\r\n\r\n`
  return [
    ['bare line feeds', 'RFC 9112 section 2.2', line(`GET ${guardedPath} HTTP/1.1`).replaceAll('\r', ''), badRequest],
    [
      'a bare carriage return',
      'RFC 9112 section 2.2',
      line(`GET ${guardedPath} HTTP/1.1`).replaceAll('\n', ''),
      { ...badRequest, statuses: [400, 0] },
    ],
    ['HTTP/0.9', 'RFC 9112 section 2.3', `GET ${guardedPath}\r\n\r\n`, notHere],
    ['a version that nobody knows', 'RFC 9112 section 2.3', line(`GET ${guardedPath} HTTP/1.9`), notHere],
    ['HTTP/2 without having asked', 'RFC 9113 section 3.4', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', notHere],
    [
      'TLS where there is none',
      'RFC 9112 section 2.2',
      Buffer.from('16030100750100007103', 'hex').toString('latin1'),
      notHere,
    ],
    ['CONNECT', 'RFC 9110 section 9.3.6', line('CONNECT 127.0.0.1:22 HTTP/1.1'), notHere],
    ['TRACE', 'RFC 9110 section 9.3.8', line(`TRACE ${guardedPath} HTTP/1.1`), notHere],
    ['TRACK and other methods of nobody', 'CVE-2004-2320', line(`TRACK ${guardedPath} HTTP/1.1`), notHere],
    ['a method in lower case', 'RFC 9110 section 9.1', line(`get ${guardedPath} HTTP/1.1`), notHere],
    [
      'an expectation that nobody knows',
      'RFC 9110 section 10.1.1',
      line(`GET ${guardedPath} HTTP/1.1`).replace('connection', 'expect: nonsense\r\nconnection'),
      { statuses: [400, 417] },
    ],
  ]
}
