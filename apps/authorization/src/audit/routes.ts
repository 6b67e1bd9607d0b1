import { Readable } from 'node:stream'
import { failure, type AuditEntry, type contracts } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import { decodeCursor, pageOf, recordAudit, sql } from '@plinth/store'
import type { Static } from 'typebox'
import { source, type Parts } from '../parts.ts'
import { listCheckpoints, readBase } from './checkpoint-store.ts'
import { exportCsv, exportJsonLines, exportName } from './export.ts'
import { listAuditKeys } from './keys.ts'
import { retentionDays } from './retention.ts'
import { ledgerEntry, listEntries, type Filter, type StoredEntry } from './store.ts'
import { verifyLedger } from './verify.ts'

type Given = Pick<Parts, 'store' | 'ledger' | 'clock' | 'logger'>
type Page = { limit?: number | undefined; cursor?: string | undefined }
type Routes = Handlers<typeof contracts.authorization.routes>
type Owned =
  | 'listAudit'
  | 'listProjectAudit'
  | 'verifyAudit'
  | 'listAuditCheckpoints'
  | 'exportAudit'
  | 'getAuditSettings'
  | 'updateAuditSettings'
  | 'auditKeys'

export const auditHandlers = ({ store, ledger, clock, logger }: Given): Pick<Routes, Owned> => {
  const { db } = store
  const list = async (filter: Filter, { limit = 50, cursor }: Page) => {
    const found = await listEntries(db, filter, { before: beforeOf(cursor), limit: limit + 1 })
    const page = pageOf(found, limit, (last) => [last.position])
    return { ...page, items: page.items.map(entryOf) }
  }
  return {
    listAudit: ({ query: { limit, cursor, ...filter } }) => list(filterOf(filter), { limit, cursor }),
    listProjectAudit: ({ params: { project }, query: { limit, cursor, ...filter } }) =>
      list({ ...filterOf(filter), project }, { limit, cursor }),
    async verifyAudit({ signal }) {
      const { problem, ...outcome } = await verifyLedger(db, signal)
      if (problem === undefined) return outcome
      return {
        ...outcome,
        problem: problem.message,
        ...(problem.partition !== undefined && { partition: problem.partition }),
        ...(problem.sequence !== undefined && { brokenAt: problem.sequence }),
      }
    },
    async listAuditCheckpoints({ query: { limit = 50, cursor } }) {
      const found = await listCheckpoints(db, { before: beforeOf(cursor), limit: limit + 1 })
      return pageOf(found, limit, (last) => [last.sequence])
    },
    exportAudit: exporting({ store, ledger, clock, logger }),
    ...settingsHandlers({ store }),
    async auditKeys({ setHeader }) {
      setHeader('cache-control', 'public, max-age=300')
      return { items: await listAuditKeys(db) }
    },
  }
}

const settingsHandlers = ({ store }: Pick<Parts, 'store'>) => {
  const settings = async () => {
    const base = await readBase(store.db)
    return { retentionDays: await retentionDays(store.db), ...(base !== undefined && { keepsFrom: base.at }) }
  }
  return {
    getAuditSettings: settings,
    async updateAuditSettings({ who, body }) {
      await store.transaction(async (tx) => {
        const was = await retentionDays(tx)
        await tx.execute(sql`update audit_settings set retention_days = ${body.retentionDays}`)
        await recordAudit(tx, source, who, {
          action: 'audit.update',
          project: 'platform',
          object: 'audit/settings',
          detail: { retentionDays: body.retentionDays, was },
        })
      })
      return settings()
    },
  } satisfies Partial<Routes>
}

const exporting =
  ({ store: { db }, ledger, clock, logger }: Given): Routes['exportAudit'] =>
  async ({ query: { format = 'jsonl', ...query }, reply }) => {
    const filter = filterOf(query)
    // A ledger that was tampered with gets no more checkpoints, and can still be exported to prove it.
    const makeCheckpoints = () =>
      ledger.make().catch((error: unknown) => logger.error({ err: error }, 'exporting without a new checkpoint'))
    const parts = { db, clock, signer: ledger.signer, makeCheckpoints }
    const text = format === 'csv' ? exportCsv(db, filter) : exportJsonLines(parts, filter)
    const type = format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/jsonl; charset=utf-8'
    return reply
      .header('content-type', type)
      .header('content-disposition', `attachment; filename="${exportName(filter.project, clock.now(), format)}"`)
      .header('cache-control', 'no-store')
      .send(Readable.from(text))
  }

function beforeOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined
  const [before] = decodeCursor(cursor, ['number'])
  if (!Number.isSafeInteger(before)) throw failure('platform.cursor_invalid')
  return before
}

/** Times as the ledger has them, in UTC. */
function filterOf<F extends Filter>(filter: F): Filter {
  const { since, until } = filter
  return { ...filter, since: instantOf('since', since), until: instantOf('until', until) }
}

function instantOf(member: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(text)
  if (isInstant && !Number.isNaN(Date.parse(text))) return new Date(text).toISOString()
  const message = 'must be a time by RFC 3339, such as 2026-12-31T23:59:59Z'
  throw failure('platform.request_invalid', {
    detail: `\`${member}\` ${message}.`,
    problems: [{ path: `/query/${member}`, message }],
  })
}

/** A row that somebody tampered with is still shown. */
function entryOf(row: StoredEntry): Static<typeof AuditEntry> {
  const { detail, ...entry } = ledgerEntry(row)
  const isObject = typeof detail === 'object' && detail !== null
  return { ...entry, detail: isObject ? { ...detail } : { unreadable: detail } }
}
