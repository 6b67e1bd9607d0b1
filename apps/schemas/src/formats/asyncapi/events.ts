import { textOf } from '../api/api-document.ts'
import { problemsAt, type Side } from '../api/judge.ts'
import type { Problem } from '../format.ts'
import { isMap, type Json, type JsonMap } from '../json-text.ts'
import type { Events, Flow, Message } from './model.ts'

const problemsMax = 50

/**
 * What is wrong with an event, `{"channel", "message", "payload", "headers", "key", "action"}`. Without the name of a
 * message it may be any of the channel; what is left out is not looked at.
 */
export function eventProblems(events: Events, value: unknown): Problem[] {
  const event = value as Json
  if (!isMap(event) || typeof event['channel'] !== 'string')
    return [{ path: '', message: 'an object is wanted, with "channel" and "payload"' }]
  const address = event['channel']
  const flows = [...events.flows.values()].filter(
    (flow) => isAt(flow, address) && (event['action'] === undefined || event['action'] === flow.action),
  )
  if (flows.length === 0) return [{ path: '/channel', message: `there is no channel ${address.slice(0, 200)}` }]
  const wanted = textOf(event['message'])
  const all = flows.flatMap((flow) =>
    [...flow.messages.values()]
      .filter(({ name }) => wanted === '' || name === wanted)
      .map((message) => ({ flow, message })),
  )
  if (all.length === 0)
    return [{ path: '/message', message: `there is no message ${wanted.slice(0, 200)} on ${address.slice(0, 200)}` }]
  const tries = all.map(({ flow, message }) => messageProblems(events, flow, message, event))
  const fewest = tries.toSorted((a, b) => a.length - b.length)[0] ?? []
  return fewest.slice(0, problemsMax)
}

/** An address whose parameters are filled in, or the template itself. */
function isAt({ address }: Flow, given: string): boolean {
  if (address === given) return true
  const parts = address.split('/')
  const others = given.split('/')
  return (
    address.includes('{') &&
    parts.length === others.length &&
    parts.every((part, index) => (part.includes('{') ? isLike(part, others[index] ?? '') : part === others[index]))
  )
}

function isLike(template: string, given: string): boolean {
  const pieces = template.split(/\{[^{}]*\}/)
  let at = 0
  for (const piece of pieces) {
    const found = given.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return given.startsWith(pieces[0] ?? '') && given.endsWith(pieces.at(-1) ?? '')
}

function messageProblems(events: Events, { action }: Flow, message: Message, event: JsonMap): Problem[] {
  const side: Side = action === 'send' ? events.written : events.read
  const problems: Problem[] = []
  for (const [part, key] of [
    ['headers', message.headers],
    ['key', message.recordKey],
  ] as const) {
    const value = event[part]
    if (key !== undefined && value !== undefined) problems.push(...problemsAt(side, key, value, `/${part}`))
  }
  const { payload } = event
  if (payload === undefined) return problems
  if (message.language === 'JSON') return [...problems, ...problemsAt(side, message.payload, payload, '/payload')]
  const found = events.others.get(message.payload)?.schema?.problems(payload) ?? []
  return [...problems, ...found.map((one) => ({ ...one, path: `/payload${one.path}` }))]
}
