import {
  diffPolicies,
  parsePolicy,
  validateLink,
  validateRule,
  type Link,
  type PolicySet,
  type Rule,
} from '@plinth/access'
import { failure, type PolicyEdit } from '@plinth/contracts'
import type { Problem } from '@plinth/kernel'
import type { Static } from 'typebox'
import { isMembership, linkKey, linkText, normalLink, ruleKey, type Edit } from '../policy/rows.ts'

type WantedEdit = Static<typeof PolicyEdit>

/** As many as a change set takes, of each kind. */
const rowsMax = 20_000
const problemsMax = 100

/**
 * The rows that somebody wants to add and remove, each once and with times in UTC.
 *
 * @throws authorization.policy_invalid naming every row that the policy cannot have
 */
export function editOf(wanted: WantedEdit): Edit {
  const { addRules = [], removeRules = [], addLinks = [], removeLinks = [] } = wanted
  const problems = [
    ...addRules.flatMap((rule, row) => placed(`addRules/${row}`, validateRule(rule))),
    ...addLinks.flatMap((link, row) => placed(`addLinks/${row}`, linkProblems(link))),
    ...removeRules.flatMap((rule, row) => placed(`removeRules/${row}`, validateRule(rule))),
    ...removeLinks.flatMap((link, row) => placed(`removeLinks/${row}`, validateLink(link))),
    ...twice('addLinks', addLinks),
    ...twice('removeLinks', removeLinks),
  ]
  if (problems.length > 0) throw failure('authorization.policy_invalid', { problems: problems.slice(0, problemsMax) })
  return withoutNoughts({
    addRules: unique(addRules, ruleKey),
    removeRules: unique(removeRules, ruleKey),
    addLinks: unique(addLinks.map(normalLink), linkText),
    removeLinks: unique(removeLinks.map(normalLink), linkText),
  })
}

/**
 * The rows by which a whole policy text differs from the policy that it was drawn from. Links that have ended are not
 * in a text, and freezes are governed elsewhere: both stay as they are.
 *
 * @throws authorization.policy_invalid naming line and column of all that is wrong
 */
export function editOfText(csv: string, base: PolicySet, now: Date): Edit {
  const { rules, links, problems } = parsePolicy(csv)
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) {
    throw failure('authorization.policy_invalid', {
      problems: errors
        .slice(0, problemsMax)
        .map(({ line, column, message }) => ({ path: `policy.csv:${line}:${column}`, message })),
    })
  }
  const edit = editBetween(standing(base, now), { rules, links: links.map(normalLink) })
  const tooMany = Object.values(edit).some((list) => list.length > rowsMax)
  if (tooMany)
    throw failure('authorization.policy_invalid', {
      detail: `The text changes more than ${rowsMax} rows of a kind; split it.`,
    })
  const terms = (edit.addLinks ?? []).flatMap((link) => placed(linkKey(link), linkProblems(link), ''))
  if (terms.length > 0) throw failure('authorization.policy_invalid', { problems: terms })
  return edit
}

/** The rows that lead from one policy to another; freezes stay out of it. */
export function editBetween(before: PolicySet, after: Pick<PolicySet, 'rules' | 'links'>): Edit {
  const { rules, links } = after
  const { addRules, removeRules, addLinks, removeLinks } = diffPolicies(before, { revision: 0, rules, links })
  return {
    addRules: addRules ?? [],
    removeRules: removeRules ?? [],
    addLinks: addLinks ?? [],
    removeLinks: removeLinks ?? [],
  }
}

/** Without the links that have ended. */
export const standing = (policy: PolicySet, now: Date): PolicySet => ({
  ...policy,
  links: policy.links.filter(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > now.getTime()),
})

/** What is wrong with a link as a row, whatever else there is. */
function linkProblems(link: Link): Problem[] {
  const problems = validateLink(link)
  const hasTerms = link.expiresAt !== undefined || link.conditions !== undefined
  if (isMembership(link) && hasTerms) {
    const message = 'is membership of a group, which has no end and no condition; bind the role to the user instead'
    problems.push({ path: 'role', message })
  }
  return problems
}

const placed = (place: string, problems: readonly Problem[], root = '/body/edit/'): Problem[] =>
  problems.map(({ path, message }) => ({ path: `${root}${place}/${path}`, message }))

/** The same link on two terms: nobody could say which one holds. */
function twice(place: string, links: readonly Link[]): Problem[] {
  const terms = new Map<string, string>()
  return links.flatMap((link, row) => {
    const text = linkText(link)
    const before = terms.get(linkKey(link))
    terms.set(linkKey(link), text)
    if (before === undefined || before === text) return []
    return [{ path: `/body/edit/${place}/${row}`, message: 'binds the same as another row on other terms' }]
  })
}

const unique = <Row>(list: readonly Row[], key: (row: Row) => string): Row[] => [
  ...new Map(list.map((row) => [key(row), row])).values(),
]

/** A row that is removed and added again stays. */
function withoutNoughts(
  edit: { [Kind in 'addRules' | 'removeRules']: Rule[] } & { [Kind in 'addLinks' | 'removeLinks']: Link[] },
): Edit {
  const rules = common(edit.addRules, edit.removeRules, ruleKey)
  const links = common(edit.addLinks, edit.removeLinks, linkText)
  return {
    addRules: edit.addRules.filter((rule) => !rules.has(ruleKey(rule))),
    removeRules: edit.removeRules.filter((rule) => !rules.has(ruleKey(rule))),
    addLinks: edit.addLinks.filter((link) => !links.has(linkText(link))),
    removeLinks: edit.removeLinks.filter((link) => !links.has(linkText(link))),
  }
}

function common<Row>(one: readonly Row[], other: readonly Row[], key: (row: Row) => string): Set<string> {
  const keys = new Set(other.map(key))
  return new Set(one.map(key).filter((text) => keys.has(text)))
}
