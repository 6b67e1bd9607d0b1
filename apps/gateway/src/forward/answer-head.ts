import { answerName, type AnswerName } from './headers.ts'

/** How the end of an answer's body is known, where it is not by its length (RFC 9112 section 6.3). */
export const chunked = -1
export const untilClose = -2

export type AnswerHead = {
  status: number
  /** What may be said on to the caller: names in lower case and values by turns. */
  headers: string[]
  /** Its length, `chunked` or `untilClose`. */
  bodyBytes: number
  /** Whether another request may follow on the connection. */
  isPersistent: boolean
  /** For how long the service says it keeps the connection; 0 where it says nothing. */
  keepAliveSeconds: number
  isEventStream: boolean
}

/** What a service sent is no answer that could be understood in one way only. */
export class BrokenAnswer extends Error {
  override name = 'BrokenAnswer'
}

/** Control characters, and line breaks that are none of HTTP's: with them two programs read two different heads. */
const strange = /[^\t\r\n\x20-\x7e\x80-\xff]|\r[^\n]|[^\r]\n/
const space = 0x20
const tab = 0x09
const lineBreak = '\r\n'

/**
 * Reads the head of an answer: the status line and all fields, each with its line break, as latin1 text. Strict, for
 * what is tolerated here would be passed on (RFC 9112): no bare line break, no folded field, no space before a colon,
 * no two lengths, no length beside a transfer coding, and no coding but `chunked`.
 */
export function readAnswerHead(text: string, isForHead: boolean): AnswerHead {
  const head = statusOf(text)
  const fields: Framing = { length: -1, isChunked: false, connection: '' }
  let from = text.indexOf(lineBreak) + 2
  if (from === 1 || strange.test(text)) throw new BrokenAnswer('the head has characters that no head has')
  while (from < text.length) {
    const end = text.indexOf(lineBreak, from)
    const colon = text.indexOf(':', from)
    if (end === -1 || colon === -1 || colon >= end) throw new BrokenAnswer('a line of the head is no field')
    const name = answerName(text.slice(from, colon))
    if (name === undefined) throw new BrokenAnswer('a field has a name that none can have')
    let start = colon + 1
    let stop = end
    while (start < stop && isBlank(text.charCodeAt(start))) start++
    while (stop > start && isBlank(text.charCodeAt(stop - 1))) stop--
    note(head, fields, name, text.slice(start, stop))
    from = end + 2
  }
  frame(head, fields, isForHead)
  return head
}

type Framing = { length: number; isChunked: boolean; connection: string }

const isBlank = (code: number): boolean => code === space || code === tab

function statusOf(text: string): AnswerHead {
  const isNew = text.startsWith('HTTP/1.1 ')
  const status = (text.charCodeAt(9) - 48) * 100 + (text.charCodeAt(10) - 48) * 10 + text.charCodeAt(11) - 48
  const isForm = isNew || text.startsWith('HTTP/1.0 ')
  const isNumber = /^[1-5]\d\d(?:[ \r]|$)/.test(text.slice(9, 13))
  if (!isForm || !isNumber) throw new BrokenAnswer('it does not begin with a status line')
  return { status, headers: [], bodyBytes: 0, isPersistent: isNew, keepAliveSeconds: 0, isEventStream: false }
}

function note(head: AnswerHead, fields: Framing, { name, role }: AnswerName, value: string): void {
  if (role === 'forwarded') head.headers.push(name, value)
  else if (role === 'type') {
    head.isEventStream = value.startsWith('text/event-stream')
    head.headers.push(name, value)
  } else if (role === 'length') noteLength(fields, value)
  else if (role === 'coding') {
    if (fields.isChunked || value.toLowerCase() !== 'chunked') throw new BrokenAnswer('its transfer coding is unknown')
    fields.isChunked = true
  } else if (role === 'connection') fields.connection += `,${value.toLowerCase()}`
  else if (role === 'keep-alive') head.keepAliveSeconds = Number(/timeout=(\d{1,6})/i.exec(value)?.[1] ?? 0)
}

function noteLength(fields: Framing, value: string): void {
  if (fields.length !== -1 || !/^\d{1,15}$/.test(value)) throw new BrokenAnswer('its length is no one length')
  fields.length = Number(value)
}

function frame(head: AnswerHead, { length, isChunked, connection }: Framing, isForHead: boolean): void {
  if (isChunked && length !== -1) throw new BrokenAnswer('it has a length beside a transfer coding')
  if (connection !== '') {
    const said = connection.split(',').map((option) => option.trim())
    if (said.includes('close')) head.isPersistent = false
    dropNamed(head, said)
  }
  const { status } = head
  const isBodiless = isForHead || status < 200 || status === 204 || status === 304
  // What an answer to HEAD, or 304, says of its length is about the one to GET.
  if (length !== -1 && status !== 204 && status >= 200) head.headers.push('content-length', String(length))
  if (isBodiless) head.bodyBytes = 0
  else if (isChunked) head.bodyBytes = chunked
  else if (length !== -1) head.bodyBytes = length
  else {
    head.bodyBytes = untilClose
    head.isPersistent = false
  }
}

/** A field that `Connection` names is for the gateway alone. */
function dropNamed(head: AnswerHead, named: readonly string[]): void {
  const plain = new Set(['', 'close', 'keep-alive', 'content-type', 'content-length'])
  const dropped = new Set(named.filter((name) => !plain.has(name)))
  if (dropped.size === 0) return
  head.headers = head.headers.filter((_, at, all) => !dropped.has(all[at - (at % 2)] ?? ''))
}
