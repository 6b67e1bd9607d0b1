import { changedFiles, failure, readFiles } from '@plinth/contracts'
import type { Bus } from '@plinth/bus'
import {
  configFile,
  type PipelineFile,
  type Plan,
  planPipeline,
  type Problem,
  readPipelineFile,
  type Rule,
} from '@plinth/ci'
import type { KeptFacts } from './pipeline-row.ts'

/** What a revision says about its pipeline. */
type Gathered = { kind: 'missing' } | { kind: 'invalid'; problems: Problem[] } | { kind: 'plan'; plan: Plan }

const nothing = /^0+$/
const existsMax = 50

/** Reads the file of the revision and whatever its rules ask about, over the bus, and plans. No database is touched. */
export async function gather(bus: Bus, facts: KeptFacts, signal?: AbortSignal): Promise<Gathered> {
  const { project, repository, revision } = facts
  const options = signal === undefined ? {} : { signal }
  const { files } = await bus.ask(readFiles, { project, repository, revision, paths: [configFile] }, options)
  const text = files[configFile]
  if (text === null || text === undefined) return { kind: 'missing' }
  const read = readPipelineFile(text)
  if (read.file === undefined) return { kind: 'invalid', problems: read.problems }
  const rules = rulesOf(read.file)
  const [changedPaths, existingPaths] = await Promise.all([
    rules.some((rule) => rule.changes) ? changedPathsOf(bus, facts, options) : undefined,
    existing(bus, facts, rules, options),
  ])
  const plan = planPipeline(read.file, { ...facts, changedPaths, existingPaths })
  return plan.problems.length > 0 ? { kind: 'invalid', problems: plan.problems } : { kind: 'plan', plan }
}

const rulesOf = (file: PipelineFile): Rule[] => [
  ...(file.workflow.rules ?? []),
  ...file.jobs.flatMap((job) => job.rules ?? []),
]

async function changedPathsOf(
  bus: Bus,
  facts: KeptFacts,
  options: { signal?: AbortSignal },
): Promise<string[] | undefined> {
  const isBranchPush = facts.source === 'push' && facts.ref.startsWith('refs/heads/')
  if (!isBranchPush || facts.before === '' || nothing.test(facts.before)) return undefined
  const { project, repository, before, revision } = facts
  const { known, paths } = await bus.ask(changedFiles, { project, repository, from: before, to: revision }, options)
  return known ? paths : undefined
}

async function existing(
  bus: Bus,
  facts: KeptFacts,
  rules: readonly Rule[],
  options: { signal?: AbortSignal },
): Promise<Set<string>> {
  const paths = [...new Set(rules.flatMap((rule) => rule.exists ?? []))]
  if (paths.length === 0) return new Set()
  if (paths.length > existsMax) {
    throw failure('pipelines.config_invalid', {
      detail: `${configFile} asks with \`exists\` about more than ${existsMax} files.`,
    })
  }
  const { project, repository, revision } = facts
  const { files } = await bus.ask(readFiles, { project, repository, revision, paths }, options)
  return new Set(paths.filter((path) => typeof files[path] === 'string'))
}
