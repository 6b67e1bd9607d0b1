import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit, type Executor } from '@plinth/store'
import { auditDenials } from '../denials.ts'
import { findGroup, insertMember } from '../groups/store.ts'
import { pageBy } from '../paging.ts'
import { source, type Parts } from '../parts.ts'
import { changePolicy } from '../policy/change.ts'
import { refuseLockout, refuseTakeover } from '../policy/guards.ts'
import { endSessions } from '../sessions/store.ts'
import { withdrawTokens } from '../tokens/store.ts'
import * as users from './store.ts'

type NewUser = { username: string; displayName?: string; password: string; groups?: readonly string[] }
type UserChange = { displayName?: string; password?: string; disabled?: boolean }

const unknown = (username: string) =>
  failure('authorization.user_unknown', { detail: `There is no user '${username}'.` })

export const userUseCases = (parts: Pick<Parts, 'store' | 'policy' | 'clock' | 'passwords'>) => ({
  listUsers: (query: { limit?: number; cursor?: string }) =>
    pageBy(
      query,
      (user: users.UserRow) => user.username,
      (page) => users.listUsers(parts.store.db, page),
    ),

  getUser: (username: string): Promise<users.UserRow> => existing(parts.store.db, username),

  async createUser(who: Identity, want: NewUser): Promise<users.UserRow> {
    const { username, displayName = username } = want
    const groups = [...new Set(want.groups ?? [])]
    const attempt = { action: 'user.create', object: `user/${username}`, detail: { groups } }
    const passwordHash = await parts.passwords.hash(want.password)
    return auditDenials(parts, who, attempt, () =>
      changePolicy(parts, who, async (tx) => {
        const user = { username, displayName, passwordHash, createdAt: parts.clock.now() }
        if (!(await users.insertUser(tx, user))) throw failure('authorization.user_exists')
        for (const group of groups) {
          if ((await findGroup(tx, group)) === undefined)
            throw failure('authorization.group_unknown', { detail: `There is no group '${group}'.` })
          await insertMember(tx, group, username)
        }
        await recordAudit(tx, source, who, { ...attempt, project: 'platform' })
        const addLinks = groups.map((group) => ({ subject: `user:${username}`, role: `group:${group}`, domain: '*' }))
        return { edit: { addLinks }, result: await existing(tx, username) }
      }),
    )
  },

  /** A new password ends the user's sessions and personal tokens, as does disabling him: who had them may be another. */
  async updateUser(who: Identity, username: string, change: UserChange): Promise<users.UserRow> {
    const { password, ...rest } = change
    const changed = Object.keys(change).sort()
    const attempt = { action: 'user.update', object: `user/${username}`, detail: { changed } }
    const passwordHash = password === undefined ? undefined : await parts.passwords.hash(password)
    return auditDenials(parts, who, attempt, () =>
      // The policy is held still for the guards, though its rows stay as they are.
      changePolicy(parts, who, async (tx, index) => {
        if (!(await users.lockUser(tx, username))) throw unknown(username)
        if (passwordHash !== undefined || change.disabled !== undefined)
          refuseTakeover(index, who.subjects, `user:${username}`)
        await users.updateUserRow(tx, username, { ...rest, ...(passwordHash !== undefined && { passwordHash }) })
        if (passwordHash !== undefined || change.disabled === true) {
          const reason = change.disabled === true ? 'user disabled' : 'password changed'
          await endSessions(tx, { username }, reason, parts.clock.now())
          await withdrawTokens(tx, { subject: `user:${username}` })
        }
        if (change.disabled === true) await refuseLockout(tx, index)
        if (changed.length > 0) await recordAudit(tx, source, who, { ...attempt, project: 'platform' })
        return { edit: {}, result: await existing(tx, username) }
      }),
    )
  },
})

async function existing(executor: Executor, username: string): Promise<users.UserRow> {
  const user = await users.findUserRow(executor, username)
  if (user === undefined) throw unknown(username)
  return user
}
