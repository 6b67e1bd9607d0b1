import { narrower, withinScopes, type AccessIndex } from '@plinth/access'
import type { decide, Me, RpcRequest, RpcResponse } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import type { Static } from 'typebox'
import { elevatedPrefix } from '../grants/elevation.ts'
import { groupsOf } from '../groups/store.ts'
import type { Parts } from '../parts.ts'
import { findUser } from '../sessions/store.ts'
import { circumstancesOf, type Supposed } from './circumstances.ts'
import { explanationOf, rightOf, type Explanation, type RightInfo } from './explanation.ts'
import { contextOf, may, mayAnywhere, requireRight, type Question } from './rights.ts'
import { disabledSubjects } from './store.ts'

const listBindings = { action: 'list', object: 'binding' } as const
const rightsMax = 5_000

type Answer = { allowed: boolean; reason: string; grant?: { role: string; domain: string } }

type AccessParts = Pick<Parts, 'store' | 'policy' | 'clock'>

export const accessUseCases = (parts: AccessParts) => ({
  getMe: (who: Identity) => getMe(parts, who),
  canI: (who: Identity, questions: readonly Question[], as?: string) => canI(parts, who, questions, as),
  whoCan: (target: Question & Supposed) => whoCan(parts, target),
  explainAccess: (who: Identity, want: Question & Supposed & { subject?: string }) => explainAccess(parts, who, want),
  whatCan: (who: Identity, want: Supposed & { subject?: string }) => whatCan(parts, who, want),

  async decide({ questions }: RpcRequest<typeof decide>): Promise<RpcResponse<typeof decide>> {
    const index = await parts.policy.current()
    const decisions = questions.map(({ address, ...question }) => {
      const { allowed, reason } = index.decide({ ...question, context: address === undefined ? {} : { address } })
      return { allowed, reason }
    })
    return { revision: index.revision, decisions }
  },
})

async function getMe({ store, policy }: AccessParts, who: Identity): Promise<Static<typeof Me>> {
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
}

/** What the caller may do; or what somebody else may, seen with that one's eyes, where the caller may list bindings. */
async function canI(
  { store, policy }: AccessParts,
  who: Identity,
  questions: readonly Question[],
  as?: string,
): Promise<{ items: Answer[] }> {
  const index = await policy.current()
  const self = as === undefined || as === who.subject ? who : undefined
  if (self === undefined) {
    const domains = new Set(questions.map(({ domain }) => domain))
    for (const domain of domains) requireRight(index, who, { ...listBindings, domain })
  }
  const off = self === undefined && (await disabledSubjects(store.db)).has(as ?? '')
  const subjects = self?.subjects ?? [as ?? '']
  return { items: questions.map((question) => answer(index, question, subjects, self, off)) }
}

/**
 * Who may, in the circumstances given; else whoever may at some time or from somewhere, marked. Users that are
 * disabled may nothing, whatever the policy says.
 */
async function whoCan({ store, policy }: AccessParts, { action, object, domain, ...supposed }: Question & Supposed) {
  const isGiven = supposed.at !== undefined || supposed.address !== undefined
  const context = isGiven ? circumstancesOf(supposed, undefined) : undefined
  const found = (await policy.current()).whoCan({ action, object, domain, ...(context && { context }) })
  const disabled = await disabledSubjects(store.db)
  return { items: found.filter(({ subject }) => !disabled.has(subject)) }
}

async function explainAccess(
  { store, policy }: AccessParts,
  who: Identity,
  want: Question & Supposed & { subject?: string },
): Promise<Explanation> {
  const index = await policy.current()
  const { action, object, domain, subject = who.subject } = want
  const self = subject === who.subject ? who : undefined
  const question = { action, object, domain }
  if (self === undefined) requireRight(index, who, { ...listBindings, domain })
  const found = index.explain({
    ...question,
    subjects: self?.subjects ?? [subject],
    context: circumstancesOf(want, self),
  })
  if (self === undefined && (await disabledSubjects(store.db)).has(subject))
    return { ...explanationOf(found), allowed: false, reason: `${subject} is disabled` }
  return withinScopes(self?.scopes, question)
    ? explanationOf(found)
    : { ...explanationOf(found), allowed: false, reason: 'outside the scopes of the token' }
}

/** All rights of the caller; of somebody else those in domains where the caller may list bindings. */
async function whatCan(
  { policy, clock }: AccessParts,
  who: Identity,
  want: Supposed & { subject?: string },
): Promise<{ items: RightInfo[] }> {
  const index = await policy.current()
  const { subject = who.subject } = want
  const self = subject === who.subject ? who : undefined
  const options = { limit: rightsMax, context: { at: clock.now(), ...circumstancesOf(want, self) } }
  const rights = (self?.subjects ?? [subject]).flatMap((one) => index.whatCan(one, options))
  if (self !== undefined) return { items: rights.slice(0, rightsMax).map(rightOf) }
  // Whoever sees nothing anywhere learns nothing, not even that there is nothing.
  if (!mayAnywhere(index, who, listBindings)) requireRight(index, who, { ...listBindings, domain: '*' })
  const domains = new Set(rights.map(({ domain }) => domain))
  const seen = new Set([...domains].filter((domain) => may(index, who, { ...listBindings, domain })))
  return { items: rights.filter(({ domain }) => seen.has(domain)).map(rightOf) }
}

function answer(
  index: AccessIndex,
  question: Question,
  subjects: readonly string[],
  self: Identity | undefined,
  off: boolean,
): Answer {
  const context = self === undefined ? {} : contextOf(self)
  const { decision, nearest } = index.explain({ ...question, subjects, context })
  if (off) return { allowed: false, reason: 'disabled' }
  if (!withinScopes(self?.scopes, question)) return { allowed: false, reason: 'outside the scopes of the token' }
  return { allowed: decision.allowed, reason: decision.reason, ...(nearest && { grant: nearest }) }
}

/** The roles that somebody has, by whatever way, and where; of one role in `a` and `a/b` only the first is told. */
function rolesOf(index: AccessIndex, subjects: readonly string[]): { role: string; domain: string }[] {
  const domains = new Map<string, Set<string>>()
  for (const right of subjects.flatMap((subject) => index.whatCan(subject))) {
    let domain: string | undefined = '*'
    for (const link of right.through) {
      domain = domain && narrower(domain, link.domain)
      if (domain === undefined || !link.role.startsWith('role:') || link.role.startsWith(elevatedPrefix)) continue
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
