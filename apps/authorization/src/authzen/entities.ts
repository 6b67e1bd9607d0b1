import { isIP } from 'node:net'
import type { Context } from '@plinth/access'
import type { Identity } from '@plinth/kernel'
import { readInstant } from '../access/circumstances.ts'
import { contextOf, type Question } from '../access/rights.ts'

/**
 * The specification's words for ours: a subject is a type (`user`, `group`, `sa`, `job`) and a name; a resource a kind,
 * an id (`*`: the kind as a whole) and, as its property `domain`, where it is; `*` where it says nothing.
 */
export type Entity = { type: string; id: string; properties?: Record<string, unknown> }
export type ActionEntity = { name: string; properties?: Record<string, unknown> }
export type Sought = { type: string; id?: string; properties?: Record<string, unknown> }

const textMax = { type: 60, id: 200, name: 60 } as const

/** What is wrong with an entity of an evaluation; undefined when nothing is. Unknown members are none of our business. */
export function faultIn(value: unknown, what: 'subject' | 'resource' | 'action'): string | undefined {
  if (value === undefined) return `${what} is missing`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${what} must be an object`
  const required = what === 'action' ? (['name'] as const) : (['type', 'id'] as const)
  for (const key of required) {
    const text: unknown = (value as Record<string, unknown>)[key]
    if (typeof text !== 'string' || text === '' || text.length > textMax[key])
      return `${what}.${key} must be a text of 1 to ${textMax[key]} characters`
  }
  const { properties } = value as { properties?: unknown }
  if (properties !== undefined && (typeof properties !== 'object' || properties === null || Array.isArray(properties)))
    return `${what}.properties must be an object`
  return undefined
}

export const subjectOf = ({ type, id }: Entity): string => `${type}:${id}`
export const objectOf = ({ type, id }: Entity): string => (id === '*' ? type : `${type}/${id}`)

/** Where a resource is. A domain that is no text names no place: nothing is allowed there. */
export function domainOf({ properties }: Sought): string {
  const domain = properties?.['domain'] ?? '*'
  return typeof domain === 'string' ? domain : ''
}

export const questionOf = (action: ActionEntity, resource: Entity): Question => ({
  action: action.name,
  object: objectOf(resource),
  domain: domainOf(resource),
})

/**
 * The circumstances that a context tells: `address` and `at`, or `ip` and `time` as the specification's examples say.
 * The asker's own, where he asks about himself and it says nothing. What can't be read supposes nothing: conditions on
 * it do not hold.
 *
 * @returns undefined when `at` is no time at all: such a question has no answer
 */
export function contextIn(context: Readonly<Record<string, unknown>> | undefined, self: Identity | undefined) {
  const address = context?.['address'] ?? context?.['ip']
  const at = context?.['at']
  const time = at ?? context?.['time']
  const instant = typeof time === 'string' ? readInstant(time) : undefined
  if (at !== undefined && instant === undefined) return undefined
  const read: Context = {
    ...(self !== undefined && contextOf(self)),
    ...(typeof address === 'string' && isIP(address) !== 0 && { address }),
    ...(instant !== undefined && { at: instant }),
  }
  return read
}
