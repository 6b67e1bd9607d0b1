import { actionMatch, narrower, objectMatch, ruleText, type AccessIndex, type Link, type Rule } from '@plinth/access'
import { failure } from '@plinth/contracts'
import { rows, sql, type Tx } from '@plinth/store'
import type { Edit } from './change.ts'

/** One right that a change hands to somebody, and the denies that come along with it. */
type Given = { domain: string; object: string; action: string; with: ReadonlySet<string> }

const rightsMax = 100_000
const shownMax = 20

/**
 * Nobody grants what he does not hold: refuses a change that hands out a right which the caller lacks, wholly or, by a
 * deny that touches it, in part. Lifting a deny hands out what it forbade.
 *
 * @throws authorization.escalation_refused naming what is lacking
 */
export function refuseEscalation(index: AccessIndex, subjects: readonly string[], edit: Edit): void {
  const given = [
    ...(edit.addLinks ?? []).flatMap((link) => rightsOf(index, link, 'allow')),
    ...(edit.removeLinks ?? []).flatMap((link) => rightsOf(index, link, 'deny')),
    ...(edit.addRules ?? []).filter(({ effect }) => effect === 'allow').map(asGiven),
    ...(edit.removeRules ?? []).filter(({ effect }) => effect === 'deny').map(asGiven),
  ]
  refuseUnheld(index, subjects, given)
}

/** The same for whoever takes the place of a subject, as one does who sets its password. */
export const refuseTakeover = (index: AccessIndex, subjects: readonly string[], target: string): void =>
  refuseUnheld(index, subjects, rightsOf(index, { subject: target, role: target, domain: '*' }, 'allow'))

/** The same for whoever takes a role away: a lesser one does not unmake a greater one. */
export const refuseDemotion = (index: AccessIndex, subjects: readonly string[], link: Link): void =>
  refuseUnheld(index, subjects, rightsOf(index, link, 'allow'))

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

function refuseUnheld(index: AccessIndex, subjects: readonly string[], given: readonly Given[]): void {
  const denies = subjects
    .flatMap((subject) => index.whatCan(subject, { limit: rightsMax }))
    .filter(({ rule }) => rule.effect === 'deny')
  const lacking = given.filter((right) => {
    const { domain, object, action } = right
    // A pattern is asked for as if it were a thing: only a rule at least as wide matches it.
    if (!index.decide({ subjects, domain, object, action }).allowed) return true
    return denies.some((deny) => overlaps(deny, right) && !right.with.has(ruleText(deny.rule)))
  })
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
 * has them, no enabled user may update policies everywhere. Rights that will expire do not count.
 *
 * @throws authorization.lockout_refused
 */
export async function refuseLockout(tx: Tx, next: AccessIndex): Promise<void> {
  const removeLinks = await rows<Link>(tx, sql`select subject, role, domain from bindings where expires_at is not null`)
  const lasting = removeLinks.length === 0 ? next : next.apply({ revision: next.revision + 1, removeLinks })
  const holders = lasting
    .whoCan({ domain: '*', object: 'policy', action: 'update' })
    .filter((subject) => subject.startsWith('user:'))
    .map((subject) => subject.slice('user:'.length))
  const [found] = await rows<{ some: boolean }>(
    tx,
    sql`select exists (select 1 from users where not disabled and username in
      (select json_array_elements_text(${JSON.stringify(holders)}::json))) as some`,
  )
  if (found?.some !== true) throw failure('authorization.lockout_refused')
}

/** Whether a change could take rights from somebody; others need not be checked for a lock-out. */
export const takesAway = (edit: Edit): boolean =>
  (edit.removeLinks ?? []).length > 0 ||
  (edit.removeRules ?? []).length > 0 ||
  (edit.addRules ?? []).some(({ effect }) => effect === 'deny') ||
  // A link can carry a deny, and one that is there already can get an end.
  (edit.addLinks ?? []).length > 0
