import { circlesAmong, ruleText, validateLink, type AccessIndex, type Link, type PolicySet } from '@plinth/access'
import { failure, type PolicyProblem } from '@plinth/contracts'
import { AppError, type Identity } from '@plinth/kernel'
import { rows, sql, type Executor } from '@plinth/store'
import type { Static } from 'typebox'
import { may } from '../access/rights.ts'
import { passingLinks, refuseBeyond, refuseBroken, refuseLockout, refuseRemoval } from '../policy/guards.ts'
import { linkKey, linkText, ruleKey, type Edit } from '../policy/rows.ts'
import { readTests, refuseFailing, runTests } from './policy-tests.ts'

type FoundProblem = Static<typeof PolicyProblem>
/** A row of the edit that is wrong, and why. */
export type RowProblem = { row: string; message: string }

const shownMax = 100

/**
 * The rows of an edit that do not fit the policy: to be removed and not there as they were, or to be added and there
 * already. What was drawn from an older revision is applied only where none is.
 */
export function misfits(edit: Edit, policy: PolicySet, now: Date): RowProblem[] {
  const rules = new Set(policy.rules.map(ruleKey))
  const links = new Map(policy.links.map((link) => [linkKey(link), link]))
  const goes = new Set((edit.removeLinks ?? []).map(linkKey))
  const isThere = (link: Link): boolean => {
    const found = links.get(linkKey(link))
    const hasEnded = found?.expiresAt !== undefined && Date.parse(found.expiresAt) <= now.getTime()
    return found !== undefined && !hasEnded && !goes.has(linkKey(link))
  }
  const removed = new Set((edit.removeRules ?? []).map(ruleKey))
  return [
    ...(edit.removeRules ?? [])
      .filter((rule) => !rules.has(ruleKey(rule)))
      .map((rule) => ({ row: ruleText(rule), message: 'is to be removed, but is not there any more' })),
    ...(edit.addRules ?? [])
      .filter((rule) => rules.has(ruleKey(rule)) && !removed.has(ruleKey(rule)))
      .map((rule) => ({ row: ruleText(rule), message: 'is to be added, but is there already' })),
    ...(edit.removeLinks ?? [])
      .filter((link) => !isAsWas(links.get(linkKey(link)), link))
      .map((link) => ({ row: linkText(link), message: 'is to be removed, but is not there as it was' })),
    ...(edit.addLinks ?? []).filter(isThere).map((link) => ({
      row: linkText(link),
      message: 'is to be added, but one that binds the same is there already',
    })),
  ]
}

const isAsWas = (found: Link | undefined, link: Link): boolean =>
  found !== undefined && linkText(found) === linkText(link)

/** Links that name nobody, or that would close a circle. */
export async function badLinks(executor: Executor, edit: Edit, policy: PolicySet): Promise<RowProblem[]> {
  const added = edit.addLinks ?? []
  const subjects = new Set(added.flatMap(({ subject, role }) => [subject, role]))
  const [known] = await rows<{ users: string[]; groups: string[] }>(
    executor,
    sql`select (select coalesce(json_agg('user:' || username), '[]') from users where username in
        (select json_array_elements_text(${namesOf(subjects, 'user:')}::json))) as users,
      (select coalesce(json_agg('group:' || name), '[]') from groups where name in
        (select json_array_elements_text(${namesOf(subjects, 'group:')}::json))) as groups`,
  )
  const there = new Set([...(known?.users ?? []), ...(known?.groups ?? [])])
  const isMissing = (name: string): boolean => /^(?:user|group):/.test(name) && !there.has(name)
  const missing = added.flatMap((link) =>
    [link.subject, link.role]
      .filter(isMissing)
      .map((name) => ({ row: linkText(link), message: `names ${name}, which is not there; create it first` })),
  )
  return [...missing, ...closedCircles(edit, policy)]
}

const namesOf = (subjects: ReadonlySet<string>, prefix: string): string =>
  JSON.stringify([...subjects].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)))

function closedCircles(edit: Edit, policy: PolicySet): RowProblem[] {
  const isNode = ({ subject }: Link): boolean => /^(?:role|group):/.test(subject)
  const added = (edit.addLinks ?? []).filter(isNode)
  if (added.length === 0) return []
  const changed = new Set([...(edit.removeLinks ?? []), ...added].map(linkKey))
  const circles = circlesAmong(policy.links.filter((link) => isNode(link) && !changed.has(linkKey(link))))
  return added.flatMap((link) => {
    const problems = validateLink(link, circles)
    circles.put(link)
    return problems.map(({ message }) => ({ row: linkText(link), message }))
  })
}

/** @throws platform.conflict naming the rows */
export function refuseMisfits(found: readonly RowProblem[]): void {
  if (found.length === 0) return
  throw failure('platform.conflict', {
    detail: `The policy has changed since this was drafted, and ${found.length} row(s) do not fit it any more; draft them anew.`,
    problems: located(found),
  })
}

/** @throws authorization.policy_invalid naming the rows */
export function refuseBadLinks(found: readonly RowProblem[]): void {
  if (found.length > 0) throw failure('authorization.policy_invalid', { problems: located(found) })
}

const located = (found: readonly RowProblem[]) =>
  found.slice(0, shownMax).map(({ row, message }) => ({ path: row, message }))

/**
 * Everything that would stop an edit if somebody applied it now, for people: rows, guards and policy tests. That the
 * reader himself lacks what it gives is an error where he is one who could apply it, else a warning.
 */
export async function problemsOf(
  executor: Executor,
  index: AccessIndex,
  who: Identity,
  edit: Edit,
  now: Date,
): Promise<FoundProblem[]> {
  const policy = index.policySet()
  const rowProblems = [...misfits(edit, policy, now), ...(await badLinks(executor, edit, policy))]
  return [
    ...rowProblems.map(({ row, message }) => ({ severity: 'error' as const, message: `${row} ${message}` })),
    ...(await guardProblems(executor, index, who, edit)),
  ].slice(0, shownMax)
}

/** What the guards and the policy tests would say. */
export async function guardProblems(
  executor: Executor,
  index: AccessIndex,
  who: Identity,
  edit: Edit,
): Promise<FoundProblem[]> {
  const next = index.apply({ revision: index.revision + 1, ...edit })
  const mayApply = may(index, who, { action: 'update', object: 'policy', domain: '*' })
  const before = { index, passing: await passingLinks(executor) }
  return [
    ...(await refusal(() => refuseLockout(executor, next))),
    ...(await refusal(() => refuseBroken(executor, index, next))),
    ...(await refusal(() => refuseBeyond(before, who, edit), mayApply ? 'error' : 'warning')),
    ...(await refusal(() => refuseRemoval(before, who, edit), mayApply ? 'error' : 'warning')),
    ...(await refusal(async () => refuseFailing(runTests(next, await readTests(executor))))),
  ]
}

/** What a guard says, as problems; any other failure goes through. */
async function refusal(
  guard: () => void | Promise<void>,
  severity: FoundProblem['severity'] = 'error',
): Promise<FoundProblem[]> {
  try {
    await guard()
    return []
  } catch (error) {
    if (!(error instanceof AppError) || error.kind === 'bug' || error.kind === 'unavailable') throw error
    if (error.problems.length === 0) return [{ severity, message: error.publicDetail }]
    return error.problems.map(({ path, message }) => ({ severity, message: `${path} ${message}` }))
  }
}
