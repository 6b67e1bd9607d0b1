import { holds } from './expression.ts'
import type { Rule } from './file.ts'
import { globMatcher, isGlob } from './globs.ts'

export type RuleFacts = {
  /** What the push changed; undefined where there is nothing to compare with, and then every `changes` holds. */
  changedPaths: readonly string[] | undefined
  /** What differs from each ref that a `compare_to` names. */
  changedSince: Readonly<Record<string, readonly string[]>>
  /** All files of the commit, where some `exists` asks about them. */
  files: readonly string[]
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
  if (rule.changes !== undefined) {
    const { paths, compareTo } = rule.changes
    const differing = compareTo === undefined ? facts.changedPaths : facts.changedSince[compareTo]
    if (!changed(paths, variables, differing)) return false
  }
  return rule.exists === undefined || exists(rule.exists, variables, facts.files)
}

/** A directory is named with a slash at its end (GitLab 18.2). */
function exists(globs: readonly string[], variables: ReadonlyMap<string, string>, files: readonly string[]): boolean {
  // As GitLab: more comparisons than these are not made, and count as a match.
  if (files.length * globs.filter(isGlob).length > comparisonsMax) return true
  return globs.some((written) => {
    const glob = withVariables(written, variables)
    if (glob.endsWith('/') && !isGlob(glob)) return files.some((file) => file.startsWith(glob))
    try {
      return files.some(globMatcher(glob))
    } catch {
      return false
    }
  })
}

/** An unknown variable stays as it is written. */
const withVariables = (glob: string, variables: ReadonlyMap<string, string>): string =>
  glob.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole: string, plain?: string, braced?: string) => variables.get(plain ?? braced ?? '') ?? whole) // prettier-ignore

export function changed(
  globs: readonly string[],
  variables: ReadonlyMap<string, string>,
  paths: readonly string[] | undefined,
): boolean {
  if (paths === undefined) return true
  if (paths.length * globs.length > comparisonsMax) return true
  return globs.some((glob) => {
    try {
      return paths.some(globMatcher(withVariables(glob, variables)))
    } catch {
      // What a variable puts in may make it no pattern: that matches nothing.
      return false
    }
  })
}

function describe(rule: Rule): string {
  const parts = [
    rule.ifText !== undefined ? `if: ${rule.ifText}` : '',
    rule.changes
      ? `changes: ${rule.changes.paths.join(', ')}${rule.changes.compareTo === undefined ? '' : ` since ${rule.changes.compareTo}`}`
      : '',
    rule.exists ? `exists: ${rule.exists.join(', ')}` : '',
  ].filter((part) => part !== '')
  return parts.length > 0 ? ` (${parts.join('; ')})` : ''
}
