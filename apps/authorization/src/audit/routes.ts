import type { AuditEntry, contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import { decodeCursor, pageOf } from '@plinth/store'
import type { Static } from 'typebox'
import type { Parts } from '../parts.ts'
import { listEntries, type Filter, type StoredEntry } from './store.ts'
import { verifyLedger } from './verify.ts'

type Page = { limit?: number; cursor?: string }
type Owned = 'listAudit' | 'listProjectAudit' | 'verifyAudit'

export const auditHandlers = ({ store }: Pick<Parts, 'store'>) => {
  const list = async (filter: Filter, { limit = 50, cursor }: Page) => {
    const [before] = cursor === undefined ? [undefined] : decodeCursor(cursor, ['number'])
    const found = await listEntries(store.db, filter, { before, limit: limit + 1 })
    const page = pageOf(found, limit, (last) => [last.sequence])
    return { ...page, items: page.items.map(entryOf) }
  }
  return {
    listAudit: ({ query: { limit, cursor, ...filter } }) => list(filter, pageIn(limit, cursor)),
    listProjectAudit: ({ params: { project }, query: { limit, cursor, ...filter } }) =>
      list({ ...filter, project }, pageIn(limit, cursor)),
    verifyAudit: async ({ signal }) => ({ partitions: 1, checkpoints: 0, ...(await verifyLedger(store.db, signal)) }),
  } satisfies Pick<Handlers<typeof contracts.authorization.routes>, Owned>
}

const pageIn = (limit?: number, cursor?: string): Page => ({
  ...(limit !== undefined && { limit }),
  ...(cursor !== undefined && { cursor }),
})

const entryOf = ({ detail, requestId, ...entry }: StoredEntry): Static<typeof AuditEntry> => ({
  ...entry,
  partition: 'platform',
  detail: detailOf(detail),
  ...(requestId !== null && { requestId }),
})

/** A row that somebody tampered with is still shown. */
function detailOf(text: string): Record<string, unknown> {
  try {
    const detail: unknown = JSON.parse(text)
    return typeof detail === 'object' && detail !== null ? { ...detail } : { detail }
  } catch {
    return { unreadable: text }
  }
}
