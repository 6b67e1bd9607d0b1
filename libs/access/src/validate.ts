import { actions, objectKinds } from '@plinth/contracts'
import type { Problem } from '@plinth/kernel'
import { circlesAmong, type Circles } from './circles.ts'
import { validateConditions } from './conditions.ts'
import { kindOf } from './match.ts'
import type { Freeze, Link, Rule } from './policy.ts'

const subjectPattern = /^(?:user|group|role|sa|job):[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$/
const rolePattern = /^(?:role|group):[a-z](?:[a-z0-9._/-]*[a-z0-9])?$/
const domainPattern = /^(?:\*|[a-z][a-z0-9-]*(?:\/[a-z][a-z0-9-]*)?)$/
const idPattern = /^[A-Za-z0-9._/-]*\*?$/
const knownKinds: ReadonlySet<string> = new Set(objectKinds)
const knownActions: ReadonlySet<string> = new Set(['*', ...actions])
const lengthMax = 200

/**
 * What is wrong with a rule, field by field, each with its remedy; empty when it may be stored. Stricter than what the
 * index can read: no character that a CSV file or a person could misread is let in.
 */
export function validateRule(rule: Rule): Problem[] {
  const problems: Problem[] = []
  const check = (path: keyof Rule, ok: boolean, message: string): void => {
    if (rule[path] === '')
      problems.push({ path, message: 'is empty; an empty field would match nothing, so say what is meant' })
    else if (!ok || rule[path].length > lengthMax) problems.push({ path, message })
  }
  check('subject', subjectPattern.test(rule.subject), subjectRemedy)
  check('domain', domainPattern.test(rule.domain), domainRemedy)
  check(
    'object',
    isObjectPattern(rule.object),
    `must be a kind (${objectKinds.join(', ')}), kind/id, kind/prefix*, or *`,
  )
  check('action', knownActions.has(rule.action), `must be * or one of ${actions.join(', ')}`)
  check('effect', rule.effect === 'allow' || rule.effect === 'deny', 'must be allow or deny')
  return problems
}

/**
 * What is wrong with a link among those that there are; empty when it may be stored. A link that closes a circle is
 * refused, with the way round it; circles in domains that have nothing in common are none. Expired links and those with
 * conditions count too, as their terms may change. A problem of a condition has the path `conditions/…`.
 *
 * @param existing the other links; or the compiled policy, or what `circlesAmong` made, which need not look at all of them
 */
export function validateLink(link: Link, existing: readonly Link[] | Pick<Circles, 'closedBy'> = []): Problem[] {
  const problems: Problem[] = []
  const check = (path: Exclude<keyof Link, 'conditions'>, ok: boolean, message: string): void => {
    const value = link[path] ?? ''
    if (value === '')
      problems.push({ path, message: 'is empty; an empty field would match nothing, so say what is meant' })
    else if (!ok || value.length > lengthMax) problems.push({ path, message })
  }
  check('subject', subjectPattern.test(link.subject), subjectRemedy)
  check('role', rolePattern.test(link.role), 'must be role:<name> or group:<name>, in lower case')
  check('domain', domainPattern.test(link.domain), domainRemedy)
  if (link.subject.startsWith('role:') && link.role.startsWith('group:')) {
    problems.push({ path: 'role', message: 'a role cannot be a member of a group; give the group the role instead' })
  }
  if (link.expiresAt !== undefined && !isInstant(link.expiresAt)) {
    problems.push({ path: 'expiresAt', message: 'must be a time in RFC 3339, such as 2026-12-31T23:59:59Z' })
  }
  for (const { path, message } of link.conditions === undefined ? [] : validateConditions(link.conditions)) {
    problems.push({ path: `conditions/${path}`, message })
  }
  const circles = 'closedBy' in existing ? existing : circlesAmong(existing)
  const circle = problems.length === 0 ? circles.closedBy(link) : undefined
  if (circle !== undefined) {
    problems.push({
      path: 'role',
      message: `would close a circle: ${circle.join(' -> ')}; remove one of these links first`,
    })
  }
  return problems
}

/** What is wrong with a freeze; empty when it may be stored. */
export function validateFreeze({ domain, from, until, reason }: Freeze): Problem[] {
  const problems: Problem[] = []
  if (!domainPattern.test(domain)) problems.push({ path: 'domain', message: domainRemedy })
  const instantRemedy = 'must be a time in RFC 3339, such as 2026-12-31T23:59:59Z'
  if (!isInstant(from)) problems.push({ path: 'from', message: instantRemedy })
  if (!isInstant(until)) problems.push({ path: 'until', message: instantRemedy })
  else if (isInstant(from) && Date.parse(until) <= Date.parse(from))
    problems.push({ path: 'until', message: 'must be after from' })
  if (reason.trim() === '' || reason.length > 500)
    problems.push({ path: 'reason', message: 'must say why, in at most 500 characters' })
  return problems
}

const subjectRemedy =
  'must be user:, group:, role:, sa: or job: and a name of letters, digits and . _ / -, such as user:ana'
const domainRemedy = 'must be *, a project, or project/environment, such as payments/production'

function isObjectPattern(object: string): boolean {
  if (object === '*') return true
  const kind = kindOf(object)
  if (!knownKinds.has(kind)) return false
  return object === kind || (object.length > kind.length + 1 && idPattern.test(object.slice(kind.length + 1)))
}

const isInstant = (value: string): boolean =>
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/.test(value) &&
  !Number.isNaN(Date.parse(value))
