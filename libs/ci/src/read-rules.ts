import type { Need, Rule } from './file.ts'
import { globMatcher, isGlob } from './globs.ts'
import { readMatrixOf } from './parallel.ts'
import type { Problems } from './problems.ts'
import {
  readAllowFailure,
  readExpression,
  readFlag,
  readKeywords,
  readText,
  readTexts,
  readVariables,
  readWhen,
} from './read-values.ts'
import type { Node } from './tree.ts'

const patternsMax = 50
const needsMax = 50

export function readRules(node: Node, place: 'rule' | 'workflow', problems: Problems): Rule[] {
  if (node.kind !== 'list') {
    problems.add(node.at, 'Expected a list of rules in `rules`, each with `if`, `changes`, `exists` or `when`.')
    return []
  }
  // Nested lists come from anchors and `!reference`.
  return node.items.flatMap((item) =>
    item.kind === 'list' ? readRules(item, place, problems) : readRule(item, place, problems),
  )
}

function readRule(node: Node, place: 'rule' | 'workflow', problems: Problems): Rule[] {
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
    changes: (inner: Node): void => void (rule.changes = readPatterns(inner, 'changes', problems)),
    exists: (inner: Node): void => void (rule.exists = readExists(inner, problems)),
    when: (inner: Node): void => {
      const when = readWhen(inner, place, problems)
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
  }
  readKeywords(
    node,
    place === 'rule' ? 'a rule' : 'a rule of `workflow`',
    place === 'rule' ? { ...condition, ...forJobs } : condition,
    problems,
  )
  return [rule]
}

function readPatterns(node: Node, keyword: 'changes' | 'exists', problems: Problems): string[] {
  let patterns: string[] = []
  const paths = (inner: Node): void => void (patterns = readTexts(inner, `\`${keyword}\``, patternsMax, problems))
  if (node.kind !== 'map') paths(node)
  else {
    const compareTo = (inner: Node): void =>
      problems.add(inner.at, '`compare_to` is not supported yet; changes are those since the last push.')
    readKeywords(node, `\`${keyword}\``, keyword === 'changes' ? { paths, compare_to: compareTo } : { paths }, problems)
  }
  for (const pattern of patterns) {
    try {
      globMatcher(pattern)
    } catch {
      problems.add(node.at, `\`${pattern}\` is no valid path pattern.`)
    }
  }
  return patterns
}

function readExists(node: Node, problems: Problems): string[] {
  const paths = readPatterns(node, 'exists', problems)
  if (paths.some((path) => isGlob(path) || path.endsWith('/'))) {
    problems.add(node.at, '`exists` takes names of files here; patterns and directories are not supported yet.')
  }
  return paths
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
