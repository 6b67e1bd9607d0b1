import { holds } from './expression.ts'
import type { Rule } from './file.ts'
import { globMatcher } from './globs.ts'

export type RuleFacts = {
  /** What the push changed; undefined where there is nothing to compare with, and then every `changes` holds. */
  changedPaths: readonly string[] | undefined
  /** Of the files that some `exists` names, those that are there. */
  existingPaths: ReadonlySet<string>
}

type RuleVerdict = { in: boolean; rule?: Rule; reason: string }

/** Comparisons of paths with patterns beyond which a `changes` counts as true (GitLab, .../clause/changes.rb). */
const comparisonsMax = 50_000

/** The first rule that matches decides; with rules and no match, it is out. */
export function judgeRules(
  rules: readonly Rule[] | undefined,
  variables: ReadonlyMap<string, string>,
  facts: RuleFacts,
): RuleVerdict {
  if (rules === undefined) return { in: true, reason: 'has no rules' }
  for (const [index, rule] of rules.entries()) {
    if (!matches(rule, variables, facts)) continue
    const reason = `rule ${index + 1}${describe(rule)} matched`
    return rule.when === 'never' ? { in: false, rule, reason: `${reason} and says never` } : { in: true, rule, reason }
  }
  return { in: false, reason: 'no rule matched' }
}

function matches(rule: Rule, variables: ReadonlyMap<string, string>, facts: RuleFacts): boolean {
  if (rule.if !== undefined && !holds(rule.if, variables)) return false
  if (rule.changes !== undefined && !changed(rule.changes, variables, facts.changedPaths)) return false
  return rule.exists === undefined || rule.exists.some((path) => facts.existingPaths.has(path))
}

function changed(
  globs: readonly string[],
  variables: ReadonlyMap<string, string>,
  paths: readonly string[] | undefined,
): boolean {
  if (paths === undefined) return true
  if (paths.length * globs.length > comparisonsMax) return true
  const known = (whole: string, plain?: string, braced?: string): string =>
    variables.get(plain ?? braced ?? '') ?? whole
  return globs.some((glob) => {
    try {
      return paths.some(globMatcher(glob.replace(/\$(?:(\w+)|\{(\w+)\})/g, known)))
    } catch {
      // What a variable puts in may make it no pattern: that matches nothing.
      return false
    }
  })
}

function describe(rule: Rule): string {
  const parts = [
    rule.ifText !== undefined ? `if: ${rule.ifText}` : '',
    rule.changes ? `changes: ${rule.changes.join(', ')}` : '',
    rule.exists ? `exists: ${rule.exists.join(', ')}` : '',
  ].filter((part) => part !== '')
  return parts.length > 0 ? ` (${parts.join('; ')})` : ''
}
