import type { CsrAsk } from './asked.ts'

/** `offset` and `limit` of a request; -1, or more than `max`, is as many as there are at once. */
export function page({ offset = 0, limit: given = -1 }: CsrAsk['query'], max: number) {
  const limit = given < 0 ? max : Math.min(given, max)
  return { offset, limit, of: <Item>(all: readonly Item[]): Item[] => all.slice(offset, offset + limit) }
}
