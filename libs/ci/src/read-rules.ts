import type { Need, Rule } from './file.ts'
import { globMatcher } from './globs.ts'
import { readMatrixOf } from './parallel.ts'
import type { Problems } from './problems.ts'
import {
  readAllowFailure,
  readExpression,
  readFlag,
  readKeywords,
  readStartIn,
  readText,
  readTexts,
  readVariables,
  readWhen,
} from './read-values.ts'
import type { Node } from './tree.ts'

export type RulePlace = 'rule' | 'workflow' | 'include'

const patternsMax = 50
const needsMax = 50

export function readRules(node: Node, place: RulePlace, problems: Problems): Rule[] {
  if (node.kind !== 'list') {
    problems.add(node.at, 'Expected a list of rules in `rules`, each with `if`, `changes`, `exists` or `when`.')
    return []
  }
  // Nested lists come from anchors and `!reference`.
  return node.items.flatMap((item) =>
    item.kind === 'list' ? readRules(item, place, problems) : readRule(item, place, problems),
  )
}

function readRule(node: Node, place: RulePlace, problems: Problems): Rule[] {
  if (node.kind !== 'map') {
    problems.add(node.at, 'Expected a mapping for a rule, such as `- if: $CI_COMMIT_TAG`.')
    return []
  }
  const rule: Rule = { variables: {}, at: node.at }
  const condition = {
    if: (inner: Node): void => {
      const read = readExpression(inner, problems)
      if (read === undefined) return
      rule.if = read.expression
      rule.ifText = read.text
    },
    changes: (inner: Node): void => void (rule.changes = readChanges(inner, problems)),
    exists: (inner: Node): void => void (rule.exists = readExists(inner, problems)),
    when: (inner: Node): void => {
      const when = readWhen(inner, place === 'include' ? 'workflow' : place, problems)
      if (when !== undefined) rule.when = when
    },
    variables: (inner: Node): void => void (rule.variables = readVariables(inner, 'job', problems)),
  }
  const forJobs = {
    allow_failure: (inner: Node): void => {
      const allow = readAllowFailure(inner, problems)
      if (allow !== undefined) rule.allowFailure = allow
    },
    needs: (inner: Node): void => void (rule.needs = readNeeds(inner, problems)),
    start_in: (inner: Node): void => {
      const seconds = readStartIn(inner, problems)
      if (seconds !== undefined) rule.startInSeconds = seconds
    },
    interruptible: (inner: Node): void => {
      const flag = readFlag(inner, '`interruptible`', problems)
      if (flag !== undefined) rule.interruptible = flag
    },
  }
  readKeywords(
    node,
    place === 'rule' ? 'a rule' : `a rule of \`${place}\``,
    place === 'rule' ? { ...condition, ...forJobs } : condition,
    problems,
  )
  if (rule.when === 'delayed' && rule.startInSeconds === undefined)
    problems.add(node.at, '`when: delayed` takes `start_in`, such as `30 minutes`.')
  return [rule]
}

function readChanges(node: Node, problems: Problems): NonNullable<Rule['changes']> {
  const changes: NonNullable<Rule['changes']> = { paths: [] }
  const paths = (inner: Node): void => void (changes.paths = readPatterns(inner, 'changes', problems))
  const compareTo = (inner: Node): void => {
    const ref = readText(inner, '`compare_to`', problems)
    if (ref !== undefined) changes.compareTo = ref
  }
  if (node.kind === 'map') readKeywords(node, '`changes`', { paths, compare_to: compareTo }, problems)
  else paths(node)
  return changes
}

function readExists(node: Node, problems: Problems): string[] {
  if (node.kind !== 'map') return readPatterns(node, 'exists', problems)
  let found: string[] = []
  const elsewhere = (inner: Node): void =>
    problems.add(inner.at, '`exists` asks about the repository of the pipeline here; `project` and `ref` are not supported yet.') // prettier-ignore
  const paths = (inner: Node): void => void (found = readPatterns(inner, 'exists', problems))
  readKeywords(node, '`exists`', { paths, project: elsewhere, ref: elsewhere }, problems)
  return found
}

function readPatterns(node: Node, keyword: 'changes' | 'exists', problems: Problems): string[] {
  const patterns = readTexts(node, `\`${keyword}\``, patternsMax, problems)
  for (const pattern of patterns) {
    try {
      globMatcher(pattern)
    } catch {
      problems.add(node.at, `\`${pattern}\` is no valid path pattern.`)
    }
  }
  return patterns
}

export function readNeeds(node: Node, problems: Problems): Need[] {
  if (node.kind !== 'list') {
    problems.add(node.at, 'Expected a list of jobs in `needs`.')
    return []
  }
  if (node.items.length > needsMax) problems.add(node.at, `A job needs ${needsMax} others at the most.`)
  return node.items.flatMap((item) => (item.kind === 'list' ? readNeeds(item, problems) : readNeed(item, problems)))
}

function readNeed(node: Node, problems: Problems): Need[] {
  const need: Need = { job: '', artifacts: true, optional: false, at: node.at }
  if (node.kind === 'scalar') {
    need.job = readText(node, 'a job in `needs`', problems) ?? ''
    return need.job === '' ? [] : [need]
  }
  if (node.kind !== 'map') return []
  const unsupported = (inner: Node): void => problems.add(inner.at, 'Needs across pipelines are not supported yet.')
  readKeywords(
    node,
    'an entry of `needs`',
    {
      job: (inner) => void (need.job = readText(inner, '`job`', problems) ?? ''),
      artifacts: (inner) => void (need.artifacts = readFlag(inner, '`artifacts`', problems) ?? true),
      optional: (inner) => void (need.optional = readFlag(inner, '`optional`', problems) ?? false),
      project: unsupported,
      pipeline: unsupported,
      parallel: (inner) => void (need.matrix = readMatrixOf(inner, problems)),
    },
    problems,
  )
  if (need.job === '') problems.add(node.at, 'Expected `job` in an entry of `needs`.')
  return need.job === '' ? [] : [need]
}
