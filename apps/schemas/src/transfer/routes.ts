import type { contracts, TransferredVersion } from '@plinth/contracts'
import type { Handlers } from '@plinth/service'
import type { Executor } from '@plinth/store'
import type { VersionRow } from '../registry/rows.ts'
import { importing, type ImportParts } from './import.ts'
import { readPage } from './store.ts'

type AllHandlers = Handlers<typeof contracts.schemas.routes>
type Some<Name extends keyof AllHandlers> = Pick<AllHandlers, Name>

const transferred = (row: VersionRow): TransferredVersion => {
  const { subject, version, id, type, schema, canonical, references, metadata, ruleSet, deleted } = row
  return {
    subject,
    version,
    id,
    type,
    schema,
    ...(canonical !== schema && { canonical }),
    ...(references.length > 0 && { references }),
    ...(metadata !== null && { metadata }),
    ...(ruleSet !== null && { ruleSet }),
    ...(deleted && { deleted }),
  }
}

export function transferRoutes(
  parts: ImportParts & { store: { db: Executor } },
): Some<'exportSchemas' | 'importSchemas'> {
  const imports = importing(parts)
  return {
    async exportSchemas({ params, query }) {
      const { limit = 50, cursor } = query
      const page = await readPage(parts.store.db, params.project, { limit, ...(cursor !== undefined && { cursor }) })
      const { versions, settings, nextCursor } = page
      return { items: versions.map(transferred), settings, ...(nextCursor !== undefined && { nextCursor }) }
    },
    async importSchemas({ who, params, body }) {
      const items = await imports.versions(who, params.project, body.items)
      return { items, settings: await imports.settings(who, params.project, body.settings ?? []) }
    },
  }
}
