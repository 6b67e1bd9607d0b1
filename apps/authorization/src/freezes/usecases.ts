import type { AccessIndex } from '@plinth/access'
import { failure, type Freeze } from '@plinth/contracts'
import { newId, type Identity } from '@plinth/kernel'
import { recordAudit } from '@plinth/store'
import type { Static } from 'typebox'
import { instantOf } from '../access/circumstances.ts'
import { may, requireRight } from '../access/rights.ts'
import { auditDenials, projectOf } from '../denials.ts'
import { source, type Parts } from '../parts.ts'
import { changePolicy } from '../policy/change.ts'
import * as freezes from './store.ts'

type Info = Static<typeof Freeze>
type NewFreeze = { domain: string; from?: string; until: string; reason: string }

const dayMs = 86_400_000
/** Longer is no freeze but another policy. */
const daysMax = 90
const freezesMax = 100

export const freezeUseCases = (parts: Pick<Parts, 'store' | 'policy' | 'clock'>) => ({
  /** Those of the whole platform, and those of the domains that the caller may look into. */
  async listFreezes(who: Identity): Promise<{ items: Info[] }> {
    const index = await parts.policy.current()
    const all = await freezes.listFreezes(parts.store.db, parts.clock.now())
    return { items: all.filter(({ domain }) => isConcerned(index, who, domain)) }
  },

  async createFreeze(who: Identity, want: NewFreeze): Promise<Info> {
    const attempt = {
      action: 'freeze.create',
      project: projectOf(want.domain),
      object: `freeze/${want.domain}`,
      detail: { ...want },
    }
    return auditDenials(parts, who, attempt, () =>
      changePolicy(parts, who, async (tx, index) => {
        requireRight(unfrozen(index), who, { action: 'create', object: 'freeze', domain: want.domain })
        const now = parts.clock.now()
        const freeze = checked(want, who, now)
        const standing = await freezes.listFreezes(tx, now)
        if (standing.length >= freezesMax) throw refused('domain', `there are ${freezesMax} freezes; end one first`)
        await freezes.insertFreeze(tx, freeze, now)
        await recordAudit(tx, source, who, { ...attempt, detail: { ...freeze } })
        return { edit: { freezes: [...standing, freeze].map(freezes.freezeOf) }, result: freeze }
      }),
    )
  },

  async deleteFreeze(who: Identity, id: string): Promise<void> {
    const unknown = failure('authorization.freeze_unknown', { detail: `There is no change freeze '${id}'.` })
    const found = await freezes.findFreeze(parts.store.db, id)
    if (found === undefined || !isConcerned(await parts.policy.current(), who, found.domain)) throw unknown
    const { domain, from, until, reason } = found
    const attempt = {
      action: 'freeze.delete',
      project: projectOf(domain),
      object: `freeze/${domain}`,
      detail: { id, domain, from, until, reason },
    }
    await auditDenials(parts, who, attempt, () =>
      changePolicy(parts, who, async (tx, index) => {
        requireRight(unfrozen(index), who, { action: 'delete', object: `freeze/${id}`, domain })
        if ((await freezes.findFreeze(tx, id)) === undefined) throw unknown
        await freezes.deleteFreeze(tx, id)
        await recordAudit(tx, source, who, attempt)
        const left = await freezes.listFreezes(tx, parts.clock.now())
        return { edit: { freezes: left.map(freezes.freezeOf) }, result: undefined }
      }),
    )
  },
})

/** A freeze withholds changes, not the say over freezes: else nobody could shorten one that was drawn too long. */
const unfrozen = (index: AccessIndex): AccessIndex => index.apply({ revision: index.revision + 1, freezes: [] })

const isConcerned = (index: AccessIndex, who: Identity, domain: string): boolean =>
  domain === '*' ||
  may(index, who, { action: 'get', object: 'project', domain }) ||
  may(index, who, { action: 'list', object: 'freeze', domain })

function checked(want: NewFreeze, who: Identity, now: Date): freezes.FreezeRow {
  const from = want.from === undefined ? now : instantOf(want.from, '/body/from')
  const until = instantOf(want.until, '/body/until')
  if (until <= now) throw refused('until', 'is past already; name a time to come')
  if (until <= from) throw refused('until', 'must come after `from`')
  if (until.getTime() - from.getTime() > daysMax * dayMs)
    throw refused('until', `must be within ${daysMax} days of \`from\``)
  return {
    id: newId('frz', now.getTime()),
    domain: want.domain,
    from: from.toISOString(),
    until: until.toISOString(),
    reason: want.reason,
    createdBy: who.subject,
  }
}

const refused = (field: string, message: string) =>
  failure('authorization.policy_invalid', { problems: [{ path: `/body/${field}`, message }] })
