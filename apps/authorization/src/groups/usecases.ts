import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import { auditDenials } from '../denials.ts'
import { source, type Parts } from '../parts.ts'
import { changePolicy } from '../policy/change.ts'
import { refuseDemotion } from '../policy/guards.ts'
import { findUserRow } from '../users/store.ts'
import * as groups from './store.ts'

type Membership = { group: string; username: string }

export const groupUseCases = (parts: Pick<Parts, 'store' | 'policy' | 'clock'>) => ({
  listGroups: async () => ({ items: await groups.listGroups(parts.store.db) }),

  createGroup: (who: Identity, { name, description = '' }: { name: string; description?: string }) =>
    parts.store.transaction(async (tx) => {
      const made = await groups.insertGroup(tx, { name, description, createdAt: parts.clock.now() })
      if (!made) throw failure('authorization.group_exists')
      await recordAudit(tx, source, who, { action: 'group.create', project: 'platform', object: `group/${name}` })
      return existing(tx, name)
    }),

  addGroupMember: (who: Identity, { group, username }: Membership) => {
    const attempt = { action: 'group.add-member', object: `group/${group}`, detail: { username } }
    return auditDenials(parts, who, attempt, () =>
      changePolicy(parts, who, async (tx) => {
        await existing(tx, group)
        if ((await findUserRow(tx, username)) === undefined)
          throw failure('authorization.user_unknown', { detail: `There is no user '${username}'.` })
        const isNew = await groups.insertMember(tx, group, username)
        if (isNew) await recordAudit(tx, source, who, { ...attempt, project: 'platform' })
        const addLinks = isNew ? [membershipOf({ group, username })] : []
        return { edit: { addLinks }, result: await existing(tx, group) }
      }),
    )
  },

  removeGroupMember: (who: Identity, { group, username }: Membership) => {
    const attempt = { action: 'group.remove-member', object: `group/${group}`, detail: { username } }
    return auditDenials(parts, who, attempt, () =>
      changePolicy(parts, who, async (tx, index) => {
        await existing(tx, group)
        if ((await findUserRow(tx, username)) === undefined)
          throw failure('authorization.user_unknown', { detail: `There is no user '${username}'.` })
        const wasMember = await groups.deleteMember(tx, group, username)
        const membership = membershipOf({ group, username })
        if (wasMember) {
          refuseDemotion(index, who.subjects, membership)
          await recordAudit(tx, source, who, { ...attempt, project: 'platform' })
        }
        return { edit: { removeLinks: wasMember ? [membership] : [] }, result: await existing(tx, group) }
      }),
    )
  },
})

const membershipOf = ({ group, username }: Membership) => ({
  subject: `user:${username}`,
  role: `group:${group}`,
  domain: '*',
})

async function existing(tx: Tx, name: string): Promise<groups.GroupRow> {
  const group = await groups.findGroup(tx, name)
  if (group === undefined) throw failure('authorization.group_unknown', { detail: `There is no group '${name}'.` })
  return group
}
