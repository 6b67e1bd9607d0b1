import { canonicalConditions } from './conditions.ts'
import { linkLine, ruleLine } from './csv-format.ts'
import type { Freeze, Link, PolicyChange, PolicySet, Rule } from './policy.ts'
import { timed } from './tables.ts'

const separator = '\u0000'
const ruleId = (rule: Rule): string =>
  [rule.subject, rule.domain, rule.object, rule.action, rule.effect].join(separator)
const linkId = (link: Link): string => [link.subject, link.role, link.domain].join(separator)
/** Two links of one id are alike when they hold under the same conditions, until the same instant. */
const linkTerms = (link: Link): string => `${timed(link).expiresAtMs} ${canonicalConditions(link.conditions)}`
const freezeTerms = (freeze: Freeze): string =>
  [freeze.domain, Date.parse(freeze.from), Date.parse(freeze.until), freeze.reason].join(separator)

/**
 * The step that turns one policy into another: as rows, whatever their order and however often each is there. A link
 * whose expiry or conditions differ is removed and added.
 *
 * @param after its freezes count only where it says any: a policy text usually has none
 * @returns the change, for the revision that follows that of `before`
 */
export function diffPolicies(before: PolicySet, after: PolicySet): PolicyChange & { readonly empty: boolean } {
  const rules = { before: byId(before.rules, ruleId), after: byId(after.rules, ruleId) }
  const links = { before: byId(before.links, linkId), after: byId(after.links, linkId) }
  const isKept = (id: string): boolean => {
    const [one, other] = [links.before.get(id), links.after.get(id)]
    return one !== undefined && other !== undefined && linkTerms(one) === linkTerms(other)
  }
  const removeRules = valuesWithout(rules.before, (id) => rules.after.has(id))
  const addRules = valuesWithout(rules.after, (id) => rules.before.has(id))
  const removeLinks = valuesWithout(links.before, isKept)
  const addLinks = valuesWithout(links.after, isKept)
  const freezes = changedFreezes(before.freezes ?? [], after.freezes)
  const lists = { removeRules, addRules, removeLinks, addLinks }
  const empty = freezes === undefined && Object.values(lists).every((list) => list.length === 0)
  return { revision: before.revision + 1, ...lists, ...(freezes !== undefined && { freezes }), empty }
}

function changedFreezes(before: readonly Freeze[], after: readonly Freeze[] | undefined) {
  if (after === undefined) return undefined
  const terms = (list: readonly Freeze[]): string => list.map(freezeTerms).sort().join('\n')
  return terms(before) === terms(after) ? undefined : after
}

/** The rows after a change. What is removed is removed first; a link that is there takes the new terms. */
export function applyChange(set: PolicySet, change: PolicyChange): PolicySet {
  const rules = byId(set.rules, ruleId)
  const links = byId(set.links, linkId)
  for (const rule of change.removeRules ?? []) rules.delete(ruleId(rule))
  for (const rule of change.addRules ?? []) rules.set(ruleId(rule), rule)
  for (const link of change.removeLinks ?? []) links.delete(linkId(link))
  for (const link of change.addLinks ?? []) links.set(linkId(link), link)
  const freezes = change.freezes ?? set.freezes
  return {
    revision: change.revision,
    rules: [...rules.values()],
    links: [...links.values()],
    ...(freezes !== undefined && { freezes }),
  }
}

/** A change as lines of policy.csv, each list sorted, so that it reads as a difference of text. */
export function changeLines(change: Omit<PolicyChange, 'revision'>): { added: string[]; removed: string[] } {
  const lines = (rules: readonly Rule[] = [], links: readonly Link[] = []): string[] => [
    ...rules.map(ruleLine).sort(),
    ...links.map(linkLine).sort(),
  ]
  return {
    added: lines(change.addRules, change.addLinks),
    removed: lines(change.removeRules, change.removeLinks),
  }
}

const byId = <Row>(list: readonly Row[], id: (row: Row) => string): Map<string, Row> =>
  new Map(list.map((row) => [id(row), row]))

const valuesWithout = <Row>(map: ReadonlyMap<string, Row>, isLeftOut: (id: string) => boolean): Row[] =>
  [...map].filter(([id]) => !isLeftOut(id)).map(([, row]) => row)
