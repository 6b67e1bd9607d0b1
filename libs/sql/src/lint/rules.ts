import type { Rule } from './rule.ts'
import { constraintRules } from './rules/constraints.ts'
import { destructiveRules } from './rules/destructive.ts'
import { lockRules } from './rules/locks.ts'
import { namingRules } from './rules/naming.ts'
import { styleRules } from './rules/style.ts'
import { transactionRules } from './rules/transactions.ts'

/** Every rule, once: squawk's under its names, what Atlas's documentation lists beyond them, and a few of our own. */
export const rules: readonly Rule[] = [
  ...destructiveRules,
  ...lockRules,
  ...constraintRules,
  ...transactionRules,
  ...styleRules,
  ...namingRules,
]

const byId = new Map(rules.map((rule) => [rule.id, rule]))

/** The ids of the rules that a name means: its own, Atlas's code for it, or one that squawk has for several. */
export const idsOf = (name: string): string[] =>
  rules.filter(({ id, also }) => id === name || also?.includes(name) === true).map(({ id }) => id)

export function mustFindRule(id: string): Rule {
  const found = byId.get(id)
  if (found === undefined) throw new Error(`there is no rule ${id}`)
  return found
}
