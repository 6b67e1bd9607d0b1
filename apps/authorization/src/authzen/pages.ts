import { createHash } from 'node:crypto'
import { failure } from '@plinth/contracts'
import { decodeCursor, encodeCursor } from '@plinth/store'

export type PageQuery = { token?: string; limit?: number }
export type Results<Item> = { page: { next_token: string; count: number; total: number }; results: Item[] }

const limitMax = 1_000

/**
 * One page of what a search found. A token knows what was searched for, how many a page, and where the last one ended;
 * with anything else than what it came from it is refused.
 *
 * @param key orders the found items; what came before it was on the pages before
 */
export function pageOfFound<Item>(
  found: readonly Item[],
  key: (item: Item) => string,
  searched: unknown,
  query: PageQuery = {},
): Results<Item> {
  const digest = createHash('sha256').update(JSON.stringify(searched)).digest('base64url').slice(0, 22)
  const { after, limit } = query.token ? continued(query.token, digest, query.limit) : begun(query.limit)
  const rest = after === undefined ? found : found.filter((item) => key(item) > after)
  const results = rest.slice(0, limit)
  const last = results.at(-1)
  const end = last === undefined ? (after ?? '') : key(last)
  const next = rest.length > results.length ? encodeCursor([digest, limit, end]) : ''
  return { page: { next_token: next, count: results.length, total: found.length }, results }
}

const begun = (limit = limitMax) => ({ after: undefined, limit: Math.min(limit, limitMax) })

function continued(token: string, digest: string, limit: number | undefined) {
  const [known, size, after] = decodeCursor(token, ['string', 'number', 'string'])
  if (known !== digest || (limit !== undefined && Math.min(limit, limitMax) !== size))
    throw failure('platform.cursor_invalid', { detail: 'The token belongs to another search; begin it anew.' })
  return { after: after === '' ? undefined : after, limit: size }
}
