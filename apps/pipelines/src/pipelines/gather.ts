import { changedFiles, listFiles, readFiles } from '@plinth/contracts'
import type { Bus } from '@plinth/bus'
import {
  configFile,
  expandText,
  loadPipelineFile,
  type PipelineFile,
  pipelineVariables,
  type Plan,
  planPipeline,
  type Problem,
  type Rule,
  type RuleFacts,
} from '@plinth/ci'
import type { KeptFacts } from './pipeline-row.ts'
import { includeSources } from './sources.ts'

/** What a revision says about its pipeline. */
type Gathered = { kind: 'missing' } | { kind: 'invalid'; problems: Problem[] } | { kind: 'plan'; plan: Plan }
type Options = { signal?: AbortSignal }

const nothing = /^0+$/

/** Reads the file of the revision and whatever its rules ask about, over the bus, and plans. No database is touched. */
export async function gather(bus: Bus, facts: KeptFacts, signal?: AbortSignal): Promise<Gathered> {
  const { project, repository, revision } = facts
  const options = signal === undefined ? {} : { signal }
  const { files } = await bus.ask(readFiles, { project, repository, revision, paths: [configFile] }, options)
  const text = files[configFile]
  if (text === null || text === undefined) return { kind: 'missing' }
  const variables = knownBefore(facts)
  // Both may be asked about by `include:rules`, which are read before anything else.
  const ruleFacts = {
    changedPaths: /\bchanges\b/.test(text) ? await changedPathsOf(bus, facts, options) : undefined,
    changedSince: {},
    files: /\bexists\b/.test(text) ? await filesOf(bus, facts, options) : [],
  }
  const read = await loadPipelineFile(text, { ...includeSources(bus, facts, options), variables, facts: ruleFacts })
  if (read.file === undefined) return { kind: 'invalid', problems: read.problems }
  const found = await rulesFacts(bus, facts, read.file, ruleFacts, variables, options)
  if (Array.isArray(found)) return { kind: 'invalid', problems: found }
  const plan = planPipeline(read.file, { ...facts, ...found })
  return plan.problems.length > 0 ? { kind: 'invalid', problems: plan.problems } : { kind: 'plan', plan }
}

const knownBefore = (facts: KeptFacts): Map<string, string> =>
  new Map([
    ...[...pipelineVariables(facts)].map(([name, { value }]) => [name, value] as const),
    ...Object.entries(facts.variables),
  ])

const rulesOf = (file: PipelineFile): Rule[] => [
  ...(file.workflow.rules ?? []),
  ...file.jobs.flatMap((job) => job.rules ?? []),
]

/** What the rules of the whole file ask about; problems where a `compare_to` names nothing. */
async function rulesFacts(
  bus: Bus,
  facts: KeptFacts,
  file: PipelineFile,
  known: RuleFacts,
  variables: ReadonlyMap<string, string>,
  options: Options,
): Promise<RuleFacts | Problem[]> {
  const rules = rulesOf(file)
  const changedSince: Record<string, readonly string[]> = {}
  for (const { changes, at } of rules) {
    if (changes?.compareTo === undefined || changes.compareTo in changedSince) continue
    const from = expandText(changes.compareTo, (name) => variables.get(name))
    const { project, repository, revision } = facts
    const { known: isKnown, paths } = await bus.ask(changedFiles, { project, repository, from, to: revision }, options)
    if (!isKnown)
      return [{ file: at.file ?? configFile, line: at.line, column: at.column, message: `\`compare_to\` names \`${from}\`, which is not in this repository.` }] // prettier-ignore
    changedSince[changes.compareTo] = paths
  }
  const asksChanges = rules.some(({ changes }) => changes !== undefined && changes.compareTo === undefined)
  const asksFiles = known.files.length === 0 && rules.some((rule) => rule.exists)
  return {
    changedSince,
    changedPaths: known.changedPaths ?? (asksChanges ? await changedPathsOf(bus, facts, options) : undefined),
    files: asksFiles ? await filesOf(bus, facts, options) : known.files,
  }
}

async function filesOf(bus: Bus, { project, repository, revision }: KeptFacts, options: Options): Promise<string[]> {
  const { paths } = await bus.ask(listFiles, { project, repository, revision }, options)
  return paths
}

async function changedPathsOf(bus: Bus, facts: KeptFacts, options: Options): Promise<string[] | undefined> {
  const isBranchPush = facts.source === 'push' && facts.ref.startsWith('refs/heads/')
  if (!isBranchPush || facts.before === '' || nothing.test(facts.before)) return undefined
  const { project, repository, before, revision } = facts
  const { known, paths } = await bus.ask(changedFiles, { project, repository, from: before, to: revision }, options)
  return known ? paths : undefined
}
