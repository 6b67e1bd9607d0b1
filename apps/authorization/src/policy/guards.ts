import {
  actionMatch,
  constraintProblems,
  narrower,
  objectMatch,
  ruleText,
  withinScopes,
  type AccessIndex,
  type ConstraintProblem,
  type Link,
  type Rule,
} from '@plinth/access'
import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { isoTime, rows, sql, type Executor } from '@plinth/store'
import { loadConstraints, type ConstraintRow } from '../constraints/store.ts'
import { linkText, type Edit } from './rows.ts'

/** One right that a change hands to somebody, until when, and the denies that come along with it. */
type Given = { domain: string; object: string; action: string; with: ReadonlySet<string>; link?: Link }
/** Who hands it out. */
type Giver = Pick<Identity, 'subjects' | 'address' | 'scopes'>
/** The policy before the change, and its links that have an end or a condition. */
type Before = { index: AccessIndex; passing: readonly Link[] }

type Broken = ConstraintProblem<ConstraintRow>

const rightsMax = 100_000
const shownMax = 20

/**
 * Nobody grants what he does not hold: refuses a change that hands out a right which the caller lacks, wholly or, by a
 * deny that touches it, in part. Lifting a deny hands out what it forbade. What he holds for a time he gives for that
 * time at most, and what he holds under a condition under the same: a right for an hour begets no lasting one.
 *
 * @throws authorization.escalation_refused naming what is lacking
 */
export function refuseBeyond({ index, passing }: Before, giver: Giver, edit: Edit): void {
  const widest = supposing(index, passing)
  const given: Given[] = [
    ...distinct(edit.addLinks ?? []).flatMap((link) =>
      rightsOf(widest, link, 'allow').map((right) => ({ ...right, link })),
    ),
    ...distinct(edit.removeLinks ?? []).flatMap((link) => rightsOf(widest, link, 'deny')),
    ...(edit.addRules ?? []).filter(({ effect }) => effect === 'allow').map(asGiven),
    ...(edit.removeRules ?? []).filter(({ effect }) => effect === 'deny').map(asGiven),
  ]
  const lacking = [...Map.groupBy(given, ({ link }) => termOf(link)).values()].flatMap((rights) =>
    unheld(lasting(index, passing, rights[0]?.link), giver, rights),
  )
  refuseLacking(lacking)
}

/** The same as of now: for showing who could, where the change itself is guarded later. */
export const refuseEscalation = (index: AccessIndex, subjects: readonly string[], edit: Edit): void =>
  refuseBeyond({ index, passing: [] }, { subjects }, edit)

/** The same for whoever takes the place of a subject, as one does who sets its password. */
export const refuseTakeover = (index: AccessIndex, subjects: readonly string[], target: string): void =>
  refuseUnheld(index, subjects, rightsOf(index, { subject: target, role: target, domain: '*' }, 'allow'))

/** The same for whoever takes a role away: a lesser one does not unmake a greater one. */
export const refuseDemotion = (index: AccessIndex, subjects: readonly string[], link: Link): void =>
  refuseUnheld(index, subjects, rightsOf(index, link, 'allow'))

/** The same for all rows that an edit takes away: allowing rules, and the roles that its links gave. */
export function refuseRemoval({ index }: Before, giver: Giver, edit: Edit): void {
  const lost = [
    ...distinct(edit.removeLinks ?? []).flatMap((link) => rightsOf(index, link, 'allow')),
    ...(edit.removeRules ?? []).filter(({ effect }) => effect === 'allow').map(asGiven),
  ]
  refuseLacking(unheld(index.withoutFreezes(), giver, lost))
}

/** Of links to one role in one domain on the same terms one stands for all: they give the same. */
const distinct = (links: readonly Link[]): Link[] => [
  ...new Map(links.map((link) => [`${link.role} ${link.domain} ${termOf(link)}`, link])).values(),
]

/**
 * Nobody breaks a separation of duties: refuses what makes a conflict that was not there before. One that is there
 * already, from before its constraint was made, does not stop other work.
 *
 * @throws authorization.constraint_refused naming the first
 */
export async function refuseBroken(executor: Executor, index: AccessIndex, next: AccessIndex): Promise<void> {
  const constraints = await loadConstraints(executor)
  if (constraints.length === 0) return
  const keyOf = ({ constraint, subject, domain, roles }: Broken): string =>
    [constraint.id, subject, domain, ...roles].join(' ')
  const known = new Set(constraintProblems(index, constraints).map(keyOf))
  const broken = constraintProblems(next, constraints).filter((problem) => !known.has(keyOf(problem)))
  const [first] = broken
  if (first === undefined) return
  const { constraint, subject, message } = first
  throw failure('authorization.constraint_refused', {
    detail: `${constraint.description === '' ? constraint.kind : constraint.description}: ${subject} ${message}.`,
    extensions: {
      broken: broken.slice(0, shownMax).map((one) => ({
        constraint: one.constraint.id,
        subject: one.subject,
        roles: one.roles,
        domain: one.domain,
      })),
    },
  })
}

const refuseUnheld = (index: AccessIndex, subjects: readonly string[], given: readonly Given[]): void =>
  refuseLacking(unheld(index.withoutFreezes(), { subjects }, given))

/** The links that have an end or hold under conditions; whoever is guarded by them is asked before the rows change. */
export const passingLinks = (executor: Executor): Promise<Link[]> =>
  rows<{ link: Link }>(
    executor,
    sql`select json_strip_nulls(json_build_object('subject', subject, 'role', role, 'domain', domain,
      'expiresAt', ${isoTime(sql`expires_at`)}, 'conditions', conditions)) as link
      from bindings where expires_at is not null or conditions is not null`,
  ).then((found) => found.map(({ link }) => link))

/** The index as it is where every condition holds. */
export function supposing(index: AccessIndex, passing: readonly Link[]): AccessIndex {
  const addLinks = passing
    .filter(isConditional)
    .map(({ subject, role, domain, expiresAt }) => ({ subject, role, domain, expiresAt }))
  return index.apply({ revision: index.revision + 1, addLinks, freezes: [] })
}

/** The index without what ends before `link` does, or holds under other conditions. */
function lasting(index: AccessIndex, passing: readonly Link[], link: Link | undefined): AccessIndex {
  const term = termOf(link)
  const removeLinks = passing.filter((one) =>
    isConditional(one) ? termOf(one) !== term : endOf(one) < (link === undefined ? Infinity : endOf(link)),
  )
  return index.apply({ revision: index.revision + 1, removeLinks, freezes: [] })
}

const endOf = ({ expiresAt }: Link): number => (expiresAt === undefined ? Infinity : Date.parse(expiresAt))

/** Break-glass alone takes nothing from a link: it holds wherever and whenever. */
const isConditional = ({ conditions }: Link): boolean =>
  conditions?.window !== undefined || conditions?.networks !== undefined

const termOf = (link: Link | undefined): string =>
  link === undefined
    ? ''
    : linkText({ subject: '', role: '', domain: '', ...(link.expiresAt !== undefined && { expiresAt: link.expiresAt }),
        ...(isConditional(link) && { conditions: link.conditions }) }) // prettier-ignore

function rightsOf(index: AccessIndex, link: Link, effect: Rule['effect']): Given[] {
  const rights = index.whatCan(link.role, { limit: rightsMax })
  if (rights.length >= rightsMax)
    throw failure('authorization.escalation_refused', { detail: `${link.role} has too many rights to compare.` })
  const denies = new Set(rights.filter(({ rule }) => rule.effect === 'deny').map(({ rule }) => ruleText(rule)))
  return rights.flatMap(({ rule, domain: where }) => {
    const domain = rule.effect === effect ? narrower(link.domain, where) : undefined
    if (domain === undefined) return []
    const { object, action } = rule
    // What the role itself is denied there, it does not give.
    if (effect === 'allow' && !index.decide({ subjects: [link.role], domain, object, action }).allowed) return []
    return [{ domain, object, action, with: effect === 'allow' ? denies : new Set<string>() }]
  })
}

const asGiven = ({ domain, object, action }: Rule): Given => ({ domain, object, action, with: new Set() })

function unheld(index: AccessIndex, { subjects, address, scopes }: Giver, given: readonly Given[]): Given[] {
  if (given.length === 0) return []
  const context = address === undefined ? {} : { context: { address } }
  const denies = subjects
    .flatMap((subject) => index.whatCan(subject, { limit: rightsMax }))
    .filter(({ rule }) => rule.effect === 'deny')
  return given.filter((right) => {
    const { domain, object, action } = right
    // A pattern is asked for as if it were a thing: only a rule at least as wide matches it.
    if (!index.decide({ subjects, domain, object, action, ...context }).allowed) return true
    // A token gives no more than it is narrowed to, whatever its owner holds.
    if (!withinScopes(scopes, { domain, object, action })) return true
    return denies.some((deny) => overlaps(deny, right) && !right.with.has(ruleText(deny.rule)))
  })
}

function refuseLacking(lacking: readonly Given[]): void {
  const [first] = lacking
  if (first === undefined) return
  throw failure('authorization.escalation_refused', {
    detail: `Nobody grants what he does not hold, and you lack ${lacking.length} right(s) of it, such as '${first.action}' on '${first.object}' in '${first.domain}'.`,
    extensions: {
      lacking: lacking.slice(0, shownMax).map(({ domain, object, action }) => ({ domain, object, action })),
    },
  })
}

const overlaps = (deny: { rule: Rule; domain: string }, right: Given): boolean =>
  narrower(deny.domain, right.domain) !== undefined &&
  (objectMatch(deny.rule.object, right.object) || objectMatch(right.object, deny.rule.object)) &&
  (actionMatch(deny.rule.action, right.action) || actionMatch(right.action, deny.rule.action))

/**
 * Somebody must always be able to mend the policy: refuses to go on when, by `next` and the users as this transaction
 * has them, no enabled user may update policies everywhere.
 *
 * @throws authorization.lockout_refused
 */
export async function refuseLockout(executor: Executor, next: AccessIndex): Promise<void> {
  if ((await lastingHolders(executor, next, 'update')).length === 0) throw failure('authorization.lockout_refused')
}

/**
 * The enabled users who may do this to policies everywhere. Rights that will expire, or that hold under conditions, do
 * not count; freezes pass.
 */
export async function lastingHolders(executor: Executor, index: AccessIndex, action: string): Promise<string[]> {
  const removeLinks = await passingLinks(executor)
  const holders = index
    .apply({ revision: index.revision + 1, removeLinks, freezes: [] })
    .whoCan({ domain: '*', object: 'policy', action })
    .filter(({ subject, conditional }) => conditional === undefined && subject.startsWith('user:'))
    .map(({ subject }) => subject.slice('user:'.length))
  const found = await rows<{ username: string }>(
    executor,
    sql`select username from users where not disabled and username in
      (select json_array_elements_text(${JSON.stringify(holders)}::json))`,
  )
  return found.map(({ username }) => `user:${username}`)
}

/** Whether a change could take rights from somebody; others need not be checked for a lock-out. */
export const takesAway = (edit: Edit): boolean =>
  (edit.removeLinks ?? []).length > 0 ||
  (edit.removeRules ?? []).length > 0 ||
  (edit.addRules ?? []).some(({ effect }) => effect === 'deny') ||
  // A link can carry a deny, and one that is there already can get an end.
  (edit.addLinks ?? []).length > 0
