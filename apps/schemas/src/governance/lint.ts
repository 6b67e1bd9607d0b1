import type { LintSeverity } from '@plinth/contracts'
import { lintRules, type Linted, type LintRule } from './lint-rules.ts'

/** One deviation from the defaults; without an environment ('') it holds in the whole project. */
export type LintSetting = {
  environment: string
  rule: string
  severity: LintSeverity
  style: string | null
  words: string[] | null
}
export type LintFinding = { rule: string; severity: 'warn' | 'error'; path: string; message: string }
type InForce = { severity: LintSeverity; style: string; words: readonly string[] }

const findingsMax = 200

/** How a rule is set: in an environment, else in the project, else by default. Style and words come from the same places. */
export function inForce(rule: LintRule, settings: readonly LintSetting[], environment = ''): InForce {
  const of = (place: string) => settings.find((setting) => setting.rule === rule.id && setting.environment === place)
  const layers = [of(environment), of('')]
  const first = <T>(pick: (setting: LintSetting) => T | null): T | undefined =>
    layers.flatMap((setting) => (setting === undefined ? [] : [pick(setting)])).find((value) => value !== null) ??
    undefined
  return {
    severity: first(({ severity }) => severity) ?? rule.severity,
    style: first(({ style }) => style) ?? rule.style ?? 'any',
    words: first(({ words }) => words) ?? rule.words ?? [],
  }
}

/** What the rules say of a schema, errors first; at most 200 findings. */
export function lint(linted: Linted, settings: readonly LintSetting[], environment = ''): LintFinding[] {
  const found: LintFinding[] = []
  for (const rule of lintRules) {
    const { severity, style, words } = inForce(rule, settings, environment)
    if (severity === 'off' || (rule.types.length > 0 && !rule.types.includes(linted.schema.kind))) continue
    for (const { path, message } of rule.check(linted, { style, words: new Set(words) }))
      found.push({ rule: rule.id, severity, path: path.slice(0, 500), message: message.slice(0, 500) })
  }
  return [...found.filter(isError), ...found.filter((finding) => !isError(finding))].slice(0, findingsMax)
}

export const isError = ({ severity }: LintFinding): boolean => severity === 'error'
