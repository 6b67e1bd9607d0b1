import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Fetched,
  globMatcher,
  type IncludeSource,
  loadPipelineFile,
  pipelineVariables,
  type Plan,
  planPipeline,
  type Problem,
} from '@plinth/ci'

export type PlanWish = {
  file: string
  ref?: string
  tag?: string
  source: string
  since?: string
  variables: Record<string, string>
  inputs: Record<string, string>
}
/** One that nothing is wrong with has no problems. */
export type LocalPlan = Plan & { file: string }

const nothing = '0'.repeat(40)

function git(folder: string, ...args: string[]): string | undefined {
  try {
    const options = { cwd: folder, encoding: 'utf8', timeout: 10_000, maxBuffer: 64 * 1024 ** 2 } as const // prettier-ignore
    return execFileSync('git', args, { ...options, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined
  }
}

const linesOf = (text: string | undefined): string[] => text?.split('\0').filter((line) => line !== '') ?? []

/** What a file of the folder would run, by the planner of the server and the facts of the checkout. */
export async function planLocally(folder: string, wish: PlanWish): Promise<LocalPlan> {
  const text = readFileSync(join(folder, wish.file), 'utf8')
  const facts = factsOf(folder, wish)
  const files = once(() => linesOf(git(folder, 'ls-files', '-z', '--cached', '--others', '--exclude-standard')))
  const asksChanges = /\bchanges\b/.test(text)
  const ruleFacts = {
    changedPaths: asksChanges ? changedPaths(folder, wish.since) : undefined,
    changedSince: sinceOthers(folder, text),
    files: /\bexists\b/.test(text) ? files() : [],
  }
  const variables = new Map([...pipelineVariables(facts)].map(([name, { value }]) => [name, value]))
  for (const [name, value] of Object.entries(wish.variables)) variables.set(name, value)
  const read = await loadPipelineFile(
    text,
    {
      inputs: wish.inputs,
      variables,
      facts: ruleFacts,
      fetch: async (source) => fetchLocally(folder, source),
      list: async (pattern) => files().filter(globMatcher(pattern)),
    },
    wish.file,
  )
  if (read.file === undefined) return { file: wish.file, ...noPlan(read.problems) }
  return { file: wish.file, ...planPipeline(read.file, { ...facts, ...ruleFacts, variables: wish.variables }) }
}

const noPlan = (problems: Problem[]): Plan => ({
  runs: false,
  reason: 'the file is not valid',
  stages: [],
  jobs: [],
  excluded: [],
  problems,
})

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => (made ??= { value: make() }).value
}

/** Of a checkout of the platform its own names; of any other one those of its folder. */
function factsOf(folder: string, { ref, tag, source }: PlanWish) {
  const [revision = nothing, before = nothing, title = '', author = ''] =
    git(folder, 'log', '-1', '--format=%H%x00%P%x00%s%x00%an')?.trimEnd().split('\0') ?? []
  const remotes = git(folder, 'remote', '-v') ?? ''
  const [, base = '', project = 'local', repository = 'checkout'] = /(https?:\/\/\S+?)\/git\/([a-z0-9-]+)\/([a-z0-9-]+)\.git/.exec(remotes) ?? [] // prettier-ignore
  const branch = ref ?? git(folder, 'symbolic-ref', '--short', 'HEAD')?.trim() ?? 'main'
  return {
    project,
    repository,
    ref: tag === undefined ? `refs/heads/${branch}` : `refs/tags/${tag}`,
    revision,
    before: before.split(' ')[0] || nothing,
    title,
    author,
    defaultBranch: git(folder, 'symbolic-ref', '--short', 'refs/remotes/origin/HEAD')?.trim().replace(/^origin\//, '') ?? 'main', // prettier-ignore
    protected: false,
    source,
    actor: `user:${process.env['USER'] ?? 'you'}`,
    createdAt: '1970-01-01T00:00:00.000Z',
    publicUrl: base.replace(/\/\/[^@/]*@/, '//') || 'http://localhost:8080',
  }
}

/** Since a commit, or against the last one; with what is not committed yet. */
const changedPaths = (folder: string, since = 'HEAD~1'): string[] | undefined => {
  const found = git(folder, 'diff', '--name-only', '-z', since, '--')
  return found === undefined ? undefined : linesOf(found)
}

/** What differs from each ref that a `compare_to` of the file names; one that is not there has nothing. */
function sinceOthers(folder: string, text: string): Record<string, string[]> {
  const refs = [...text.matchAll(/compare_to:\s*["']?([^\s"',}]+)/g)].map(([, ref = '']) => ref)
  return Object.fromEntries(refs.map((ref) => [ref, changedPaths(folder, ref.replace(/^refs\/heads\//, '')) ?? []]))
}

function fetchLocally(folder: string, source: IncludeSource): Fetched {
  if (source.kind !== 'file' || source.repository !== undefined)
    return { problem: 'it is not in this folder; what runs on the platform is shown by `plinth pipeline lint`' }
  const path = join(folder, source.path)
  if (source.path.split('/').includes('..') || !existsSync(path)) return { problem: 'there is no such file here' }
  return { text: readFileSync(path, 'utf8') }
}
