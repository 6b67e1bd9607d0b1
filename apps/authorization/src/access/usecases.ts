import { narrower, type AccessIndex } from '@plinth/access'
import type { decide, Me, RpcRequest, RpcResponse } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { rows, sql } from '@plinth/store'
import type { Static } from 'typebox'
import type { Parts } from '../parts.ts'
import { findUser } from '../sessions/store.ts'
import { groupsOf } from '../groups/store.ts'

type Target = { action: string; object: string; domain: string }

export const accessUseCases = ({ store, policy }: Pick<Parts, 'store' | 'policy'>) => ({
  async getMe(who: Identity): Promise<Static<typeof Me>> {
    const index = await policy.current()
    const username = who.subject.startsWith('user:') ? who.subject.slice('user:'.length) : undefined
    const user = username === undefined ? undefined : await findUser(store.db, username)
    const vouched = who.subjects.filter((subject) => subject.startsWith('group:')).map((subject) => subject.slice(6))
    const member = user === undefined ? [] : await groupsOf(store.db, user.username)
    return {
      subject: who.subject,
      ...(user && { username: user.username }),
      displayName: user?.displayName ?? who.displayName,
      groups: [...new Set([...vouched, ...member])].sort(),
      roles: rolesOf(index, who.subjects),
    }
  },

  async canI(who: Identity, questions: readonly Target[]) {
    const index = await policy.current()
    const items = questions.map((question) => {
      const { decision, nearest } = index.explain({ ...question, subjects: who.subjects })
      const { allowed, reason } = decision
      return { allowed, reason, ...(nearest && { grant: nearest }) }
    })
    return { items }
  },

  /** Who may; users that are disabled may nothing, whatever the policy says. */
  async whoCan(target: Target) {
    const subjects = (await policy.current()).whoCan(target)
    const disabled = new Set(
      (await rows<{ name: string }>(store.db, sql`select 'user:' || username as name from users where disabled`)).map(
        ({ name }) => name,
      ),
    )
    return { items: subjects.filter((subject) => !disabled.has(subject)).map((subject) => ({ subject })) }
  },

  async decide({ questions }: RpcRequest<typeof decide>): Promise<RpcResponse<typeof decide>> {
    const index = await policy.current()
    const decisions = questions.map((question) => {
      const { allowed, reason } = index.decide(question)
      return { allowed, reason }
    })
    return { revision: index.revision, decisions }
  },
})

/** The roles that somebody has, by whatever way, and where; of one role in `a` and `a/b` only the first is told. */
function rolesOf(index: AccessIndex, subjects: readonly string[]): { role: string; domain: string }[] {
  const domains = new Map<string, Set<string>>()
  for (const right of subjects.flatMap((subject) => index.whatCan(subject))) {
    let domain: string | undefined = '*'
    for (const link of right.through) {
      domain = domain && narrower(domain, link.domain)
      if (domain === undefined || !link.role.startsWith('role:')) continue
      const there = domains.get(link.role) ?? new Set()
      domains.set(link.role, there.add(domain))
    }
  }
  const found = [...domains].flatMap(([role, where]) =>
    [...where]
      .filter((domain) => ![...where].some((other) => other !== domain && narrower(other, domain) === domain))
      .map((domain) => ({ role: role.slice('role:'.length), domain })),
  )
  return found.sort((one, other) => (one.domain + one.role < other.domain + other.role ? -1 : 1))
}
