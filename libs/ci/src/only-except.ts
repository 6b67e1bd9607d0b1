import { RE2JS } from 're2js'
import { holds, type Expression } from './expression.ts'
import { changed, type RuleFacts } from './judge-rules.ts'
import type { Problems } from './problems.ts'
import { readExpression, readKeywords, readTexts } from './read-values.ts'
import type { Node } from './tree.ts'

/** What `only` or `except` asks for; of several kinds `only` wants all, and one is enough for `except`. */
export type RefPolicy = {
  readonly refs?: readonly string[]
  readonly variables?: readonly { readonly text: string; readonly expression: Expression }[]
  readonly changes?: readonly string[]
}

const entriesMax = 50

/** `only` and `except`, the older way to say what `rules` says (GitLab, "only / except"). */
export function readRefPolicy(node: Node, keyword: 'only' | 'except', problems: Problems): RefPolicy {
  const what = `\`${keyword}\``
  const refs = (inner: Node): string[] => {
    const found = readTexts(inner, what, entriesMax, problems)
    for (const text of found)
      if (isPattern(text) && patternOf(text) === undefined)
        problems.add(inner.at, `\`${text}\` is no regular expression that RE2 takes.`)
    return found
  }
  if (node.kind !== 'map') return { refs: refs(node) }
  const policy: { -readonly [Key in keyof RefPolicy]: RefPolicy[Key] } = {}
  readKeywords(
    node,
    what,
    {
      refs: (inner) => void (policy.refs = refs(inner)),
      variables: (inner) => {
        const items = inner.kind === 'list' ? inner.items : [inner]
        policy.variables = items.flatMap((item) => readExpression(item, problems) ?? [])
      },
      changes: (inner) => void (policy.changes = readTexts(inner, `\`${keyword}:changes\``, entriesMax, problems)),
      kubernetes: (inner) => problems.add(inner.at, `\`${keyword}:kubernetes\` is not supported; use \`rules\`.`),
    },
    problems,
  )
  return policy
}

const isPattern = (text: string): boolean => /^\/.*\/i?$/.test(text)
function patternOf(text: string): RE2JS | undefined {
  const [, body = '', flags = ''] = /^\/(.*)\/(i?)$/s.exec(text) ?? []
  try {
    return RE2JS.compile(body, flags === 'i' ? RE2JS.CASE_INSENSITIVE : 0)
  } catch {
    return undefined
  }
}

/** Which word stands for pipelines of which source (GitLab, "only:refs"). */
const sources: Readonly<Record<string, readonly string[]>> = {
  api: ['api'],
  chat: ['chat'],
  external: ['external'],
  external_pull_requests: ['external_pull_request_event'],
  merge_requests: ['merge_request_event'],
  pipelines: ['pipeline'],
  pushes: ['push'],
  schedules: ['schedule'],
  triggers: ['trigger'],
  web: ['web'],
}

function matchesRef(entry: string, variables: ReadonlyMap<string, string>): boolean {
  const [text = '', path] = entry.includes('@') && !isPattern(entry) ? entry.split('@') : [entry]
  if (path !== undefined && path !== variables.get('CI_PROJECT_PATH')) return false
  const source = variables.get('CI_PIPELINE_SOURCE') ?? ''
  const isOfRequest = source === 'merge_request_event'
  if (text === 'branches') return variables.has('CI_COMMIT_BRANCH') && !isOfRequest
  if (text === 'tags') return variables.has('CI_COMMIT_TAG')
  if (Object.hasOwn(sources, text)) return sources[text]?.includes(source) === true
  if (isOfRequest) return false
  const name = variables.get('CI_COMMIT_REF_NAME') ?? ''
  return isPattern(text) ? patternOf(text)?.matcher(name).find() === true : text === name
}

type Answer = { in: boolean; reason: string }

/** Without either a job runs for branches and tags. */
export function judgeRefPolicies(
  only: RefPolicy | undefined,
  except: RefPolicy | undefined,
  variables: ReadonlyMap<string, string>,
  facts: RuleFacts,
): Answer {
  const verdicts = (policy: RefPolicy): [kind: string, matched: boolean][] => [
    ...(policy.refs ? [['refs', policy.refs.some((ref) => matchesRef(ref, variables))] as [string, boolean]] : []),
    ...(policy.variables ? [['variables', policy.variables.some(({ expression }) => holds(expression, variables))] as [string, boolean]] : []),
    ...(policy.changes ? [['changes', changed(policy.changes, variables, facts.changedPaths)] as [string, boolean]] : []),
  ] // prettier-ignore
  const wanted = only ?? (except?.refs ? {} : { refs: ['branches', 'tags'] })
  const missing = verdicts(wanted).find(([, matched]) => !matched)
  if (missing) return { in: false, reason: only ? `only:${missing[0]} does not match` : 'it has no rules, and this is neither a branch nor a tag' } // prettier-ignore
  const excluded = except && verdicts(except).find(([, matched]) => matched)
  if (excluded) return { in: false, reason: `except:${excluded[0]} matches` }
  if (only) return { in: true, reason: `only:${verdicts(only).map(([kind]) => kind).join(' and only:')} matches` } // prettier-ignore
  return { in: true, reason: except ? 'except does not match' : 'has no rules' }
}
