import { validateLink, type AccessIndex, type Conditions, type Link } from '@plinth/access'
import { failure, type Binding } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { may, requireRight } from '../access/rights.ts'
import { auditDenials, projectOf } from '../denials.ts'
import { endGrant } from '../grants/ending.ts'
import { findGroup } from '../groups/store.ts'
import { pageBy } from '../paging.ts'
import { source, type Parts } from '../parts.ts'
import { changePolicy } from '../policy/change.ts'
import { refuseDemotion } from '../policy/guards.ts'
import { roleExists } from '../policy/store.ts'
import { findUserRow } from '../users/store.ts'
import * as bindings from './store.ts'

type NewBinding = { subject: string; role: string; domain: string; expiresAt?: string; conditions?: Conditions }
type ListQuery = { limit?: number; cursor?: string; subject?: string; domain?: string }
type BindingInfo = Static<typeof Binding>

export const bindingUseCases = (parts: Pick<Parts, 'store' | 'policy' | 'clock'>) => ({
  async listBindings({ limit, cursor, ...filter }: ListQuery) {
    const query = { ...(limit !== undefined && { limit }), ...(cursor !== undefined && { cursor }) }
    const page = await pageBy(
      query,
      (binding: bindings.BindingRow) => binding.id,
      (o) => bindings.listBindings(parts.store.db, { ...o, ...filter }),
    )
    return { ...page, items: page.items.map(infoOf) }
  },

  async createBinding(who: Identity, want: NewBinding): Promise<BindingInfo> {
    const attempt = {
      action: 'binding.create',
      project: projectOf(want.domain),
      object: `binding/${want.subject}`,
      detail: { ...want },
    }
    return auditDenials(parts, who, attempt, () =>
      changePolicy(parts, who, async (tx, index) => {
        requireRight(index, who, { action: 'grant', object: 'binding', domain: want.domain })
        if (want.conditions?.breakGlass) requireRight(index, who, liftEveryFreeze)
        const now = parts.clock.now()
        const link = await checked(tx, index, want, now)
        const [made] = await bindings.insertBindings(tx, [link], who.subject, now)
        if (made === undefined) throw failure('authorization.binding_exists')
        await recordAudit(tx, source, who, { ...attempt, detail: { ...link, id: made.id } })
        return { edit: { addLinks: [bindings.linkOf(made)] }, result: infoOf(made) }
      }),
    )
  },

  async deleteBinding(who: Identity, id: string): Promise<void> {
    const unknown = failure('authorization.binding_unknown', { detail: `There is no binding '${id}'.` })
    const found = await bindings.findBinding(parts.store.db, id)
    if (found === undefined) throw unknown
    const { subject, role, domain } = found
    const index = await parts.policy.current()
    const maySee = may(index, who, { action: 'list', object: 'binding', domain })
    const attempt = {
      action: 'binding.delete',
      project: projectOf(domain),
      object: `binding/${subject}`,
      detail: { id, subject, role, domain },
    }
    // To those who may not even see it, it is as if it were not there.
    if (!maySee) throw unknown
    await auditDenials(parts, who, attempt, () =>
      changePolicy(parts, who, async (tx, current) => {
        const binding = await bindings.findBinding(tx, id)
        if (binding === undefined) throw unknown
        requireRight(current, who, { action: 'grant', object: 'binding', domain })
        refuseDemotion(current, who.subjects, bindings.linkOf(binding))
        const removeLinks = await removed(tx, binding, who)
        await recordAudit(tx, source, who, attempt)
        return { edit: { removeLinks }, result: undefined }
      }),
    )
  },
})

/** The links that are gone with a binding: with one that fulfils a request for access all of that request. */
async function removed(tx: Tx, binding: bindings.BindingRow, who: Identity): Promise<Link[]> {
  if (binding.request !== null) return endGrant(tx, binding.request, who.subject)
  await bindings.deleteBinding(tx, binding.id)
  return [bindings.linkOf(binding)]
}

/** A binding that holds through freezes for good is as much as lifting any: those of the whole platform too. */
const liftEveryFreeze = { action: 'delete', object: 'freeze', domain: '*' } as const

/** The link that is wanted; throws for one that the policy cannot have, or that names what is not there. */
async function checked(tx: Tx, index: AccessIndex, want: NewBinding, now: Date): Promise<Link> {
  const problems = validateLink(want, index)
  const expiresAtMs = want.expiresAt === undefined ? Infinity : Date.parse(want.expiresAt)
  if (problems.length === 0 && expiresAtMs <= now.getTime())
    problems.push({ path: 'expiresAt', message: 'is past already; name a time to come' })
  const [kind = '', name = ''] = splitOnce(want.subject)
  const [roleKind = '', roleName = ''] = splitOnce(want.role)
  if (kind === 'user' && roleKind === 'group' && want.domain === '*')
    problems.push({ path: 'role', message: 'is a group: add its member with POST /api/v1/groups/members' })
  if (problems.length > 0) {
    throw failure('authorization.policy_invalid', {
      problems: problems.map(({ path, message }) => ({ path: `/body/${path}`, message })),
    })
  }
  if (kind === 'user' && (await findUserRow(tx, name)) === undefined)
    throw failure('authorization.user_unknown', { detail: `There is no user '${name}'.` })
  if (kind === 'group') await requireGroup(tx, name)
  if (kind === 'role') await requireRole(tx, name)
  await (roleKind === 'group' ? requireGroup : requireRole)(tx, roleName)
  const { subject, role, domain, conditions } = want
  return {
    subject,
    role,
    domain,
    ...(expiresAtMs < Infinity && { expiresAt: new Date(expiresAtMs).toISOString() }),
    ...(conditions !== undefined && Object.keys(conditions).length > 0 && { conditions }),
  }
}

export async function requireGroup(tx: Tx, name: string): Promise<void> {
  if ((await findGroup(tx, name)) === undefined)
    throw failure('authorization.group_unknown', { detail: `There is no group '${name}'.` })
}

export async function requireRole(tx: Tx, name: string): Promise<void> {
  if (!(await roleExists(tx, name)))
    throw failure('authorization.role_unknown', { detail: `There is no role '${name}'; GET /api/v1/roles lists them.` })
}

const splitOnce = (subject: string): string[] => {
  const colon = subject.indexOf(':')
  return [subject.slice(0, colon), subject.slice(colon + 1)]
}

const infoOf = ({ id, subject, role, domain, expiresAt, conditions, ...made }: bindings.BindingRow): BindingInfo => ({
  id,
  subject,
  role,
  domain,
  ...(expiresAt !== null && { expiresAt }),
  ...(conditions !== null && { conditions }),
  createdAt: made.createdAt,
  createdBy: made.createdBy,
})
