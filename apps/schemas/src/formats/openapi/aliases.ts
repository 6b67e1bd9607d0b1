import type { Side } from '../api/judge.ts'
import type { Place } from '../api/schema-set.ts'
import { answerOf, typeOf, type Answer, type Api, type Operation } from './model.ts'

/** Two places of different names that are about the same: a range of statuses and one of it, a wildcard and a media type. */
export type Alias = {
  readonly name: string
  readonly reader: string
  readonly writer: string
  readonly operation: Operation
  /** Of an answer: what both sides take for theirs. */
  readonly status?: number
}

/** What clients send under names that the server knows as a wildcard, and what it answers under names that they know so. */
export function aliasesOf(reader: Api, writer: Api): { sent: Alias[]; answered: Alias[] } {
  const sent: Alias[] = []
  const answered: Alias[] = []
  for (const client of writer.operations.values()) {
    const server = reader.operations.get(client.key)
    if (!server || client.webhook) continue
    if (server.body && client.body)
      for (const [type, key] of client.body.types) {
        const other = typeOf(server.body.types, type)
        if (other !== undefined && !server.body.types.has(type))
          sent.push({ name: `${key} as ${other}`, reader: other, writer: key, operation: client })
      }
    for (const [is, was, status] of answersOf(server, client))
      for (const [now, before] of pairs(is, was))
        answered.push({ name: `${now} as ${before}`, reader: now, writer: before, operation: server, status })
  }
  return { sent, answered }
}

/** Answers that a client takes for one of another name. */
function answersOf(server: Operation, client: Operation): [Answer, Answer, number][] {
  const all: [Answer, Answer, number][] = []
  for (const [status, is] of server.answers) {
    const was = client.answers.has(status) ? undefined : answerOf(client.answers, status)
    if (was) all.push([is, was, numberOf(status, was.status)])
  }
  for (const [status, was] of client.answers) {
    const is = server.answers.has(status) ? undefined : answerOf(server.answers, status)
    if (is) all.push([is, was, numberOf(status, is.status)])
  }
  return all
}

export const numberOf = (status: string, other = status): number => {
  const exact = [status, other].find((one) => /^\d+$/.test(one))
  const range = [status, other].find((one) => one.endsWith('XX'))
  return exact === undefined ? (range === undefined ? 599 : Number(`${range[0]}99`)) : Number(exact)
}

function pairs(is: Answer, was: Answer): [string, string][] {
  const types = [...is.types].flatMap(([type, key]): [string, string][] => {
    const other = was.types.get(type) ?? typeOf(was.types, type)
    return other === undefined ? [] : [[key, other]]
  })
  const headers = is.headers.flatMap((header): [string, string][] => {
    const other = was.headers.find(({ name }) => name === header.name)
    return other ? [[header.key, other.key]] : []
  })
  return [...types, ...headers]
}

/** A side with the places that have another name, too. */
export function withAliases(side: Side, aliases: readonly Alias[], own: 'reader' | 'writer'): Side {
  if (aliases.length === 0) return side
  const places = new Map<string, Place>(side.places)
  for (const alias of aliases) {
    const place = side.places.get(alias[own])
    if (place) places.set(alias.name, { ...place, key: alias.name })
  }
  return { ...side, places }
}
