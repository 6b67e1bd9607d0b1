import { deflateRawSync, gzipSync } from 'node:zlib'
import type { Attack, Row } from '../attack.ts'
import { refused } from '../refused.ts'
import { bodyPath, goodBody, postText, requestText, type Target } from '../target.ts'
import type { Expectation } from '../verdict.ts'

const invalid: Expectation = { statuses: [400] }
const eitherWay: Expectation = { statuses: [400, 415] }
const tooLarge: Expectation = { statuses: [413] }
const untyped = 'CVE-2025-32442; CVE-2026-33806'

/** Bodies that get past a check, or cost more to read than to send. */
export const bodyAttacks = (target: Target): Attack[] =>
  refused('bodies', [...documentRows(target), ...typeRows(target), ...sizeRows(target)])

const question = (object: string): string => `{"questions":[{"action":"get","object":"${object}","domain":"a"}]}`

function documentRows(target: Target): Row[] {
  const json = (text: string): string => postText(target, text)
  const good = goodBody.slice(1)
  const deep = `{"questions":${'['.repeat(10_000)}${']'.repeat(10_000)}}`
  const wide = `{"questions":[${'{"action":"get","object":"a","domain":"b"},'.repeat(10_000)}0]}`
  const soon = { ...invalid, withinMs: 2_000 }
  return [
    ['no body', 'RFC 9110 section 15.5.1', json(''), invalid],
    ['no JSON', 'RFC 8259', json('{"questions":['), invalid],
    ['two documents', 'RFC 8259 section 2', json(goodBody + goodBody), invalid],
    ['a number for a document', 'GHSA-w2qp-rph6-63g4', json('10'), invalid],
    ['a list for a document', 'CWE-843', json(`[${goodBody}]`), invalid],
    ['null for a document', 'CWE-476', json('null'), invalid],
    ['a __proto__ member', 'CWE-1321', json(`{"__proto__":{"admin":true},${good}`), invalid],
    ['a constructor member', 'CWE-1321', json(`{"constructor":{"prototype":{"a":1}},${good}`), invalid],
    ['a member that nobody knows', 'OWASP API3:2023', json(`{"admin":true,${good}`), invalid],
    ['10,000 levels', 'CWE-674', json(deep), soon],
    ['10,000 questions', 'CWE-770', json(wide), soon],
    ['a number of 50,000 digits', 'CWE-400', json(`{"questions":${'9'.repeat(50_000)}}`), soon],
    ['text that is not UTF-8', 'RFC 8259 section 8.1', json(question('\u00ff\u00fe')), invalid],
    ['a NUL in a name', 'CWE-158', json(question('a\\u0000b')), { statuses: [200, 400] }],
  ]
}

function typeRows(target: Target): Row[] {
  const typed = (type: string | undefined, body = '{"questions":7}'): string => {
    const fields = [`content-length: ${body.length}`, ...(type === undefined ? [] : [`content-type: ${type}`])]
    return requestText(target, { method: 'POST', path: bodyPath, fields, body })
  }
  const xml = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
  const utf16 = Buffer.from(goodBody, 'utf16le').toString('latin1')
  return [
    ['a wrong body as text/plain', untyped, typed('text/plain'), eitherWay],
    ['a wrong body as a form', untyped, typed('application/x-www-form-urlencoded'), eitherWay],
    ['a wrong body with a tab in its type', untyped, typed('application/json\t; charset=utf-8'), eitherWay],
    ['a wrong body with a space before its type', untyped, typed(' application/json'), eitherWay],
    ['a wrong body with text after its type', 'CVE-2026-3419', typed('application/json garbage'), eitherWay],
    ['a wrong body with its type in capitals', untyped, typed('APPLICATION/JSON'), eitherWay],
    ['a wrong body of two types', untyped, typed('text/plain\r\ncontent-type: application/json'), eitherWay],
    ['a wrong body of no type', untyped, typed(undefined), eitherWay],
    ['XML with an entity of a file', 'CWE-611', typed('application/xml', xml), { statuses: [415] }],
    ['UTF-16', 'RFC 8259 section 8.1', typed('application/json; charset=utf-16', utf16), eitherWay],
  ]
}

function sizeRows(target: Target): Row[] {
  const packed = (coding: string, bytes: Buffer): string =>
    postText(target, bytes.toString('latin1'), [`content-encoding: ${coding}`])
  const unpacked: Expectation = { statuses: [400, 413, 415], withinMs: 2_000 }
  const zeros = Buffer.alloc(20_000_000)
  return [
    ['a gzip bomb', 'CVE-2024-36129', packed('gzip', gzipSync(zeros)), unpacked],
    ['a bomb of bare deflate', 'CVE-2024-36129', packed('deflate', deflateRawSync(zeros)), unpacked],
    ['a declared length of 99 GB', 'CWE-770', hugeLength(target), tooLarge],
    ['2 MB', 'CWE-770', postText(target, 'x'.repeat(2_000_000)), tooLarge],
    ['2 MB without a length', 'CWE-770', endless(target), tooLarge],
    ['2 MB without a credential', 'GHSA-f67f-2j6r-m4c9', withoutCredential(target), { statuses: [401, 413] }],
    ['100 KB to sign in', 'CVE-2026-42294', signIn(target), tooLarge],
  ]
}

const hugeLength = (target: Target): string =>
  requestText(target, {
    method: 'POST',
    path: bodyPath,
    fields: ['content-type: application/json', 'content-length: 99999999999'],
  })

const endless = (target: Target): string =>
  requestText(target, {
    method: 'POST',
    path: bodyPath,
    fields: ['content-type: application/json', 'transfer-encoding: chunked'],
  }) + `10000\r\n${'x'.repeat(65_536)}\r\n`.repeat(32)

const withoutCredential = (target: Target): string => {
  const body = 'x'.repeat(2_000_000)
  return requestText(target, {
    method: 'POST',
    path: bodyPath,
    isSignedIn: false,
    fields: [`content-length: ${body.length}`],
    body,
  })
}

const signIn = (target: Target): string => {
  const body = `{"username":"nobody","password":"${'x'.repeat(100_000)}"}`
  const fields = ['content-type: application/json', `content-length: ${body.length}`, `origin: ${target.url}`]
  return requestText(target, { method: 'POST', path: '/auth/portal-session', isSignedIn: false, fields, body })
}
