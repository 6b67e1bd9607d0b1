import type { JobSpec, PipelineFile, Rule } from './file.ts'
import { readWithIncludes, type IncludeParts } from './include.ts'
import { resolveTree } from './merge.ts'
import { expandParallel, inheritAll, inherits, readInherit } from './parallel.ts'
import { collectProblems, type Problem, type Problems } from './problems.ts'
import { readJob } from './read-job.ts'
import { readRules } from './read-rules.ts'
import { readKeywords, readMap, readText, readVariables } from './read-values.ts'
import { readDocuments, type Entry, type MapNode, type Node } from './tree.ts'

export const configFile = '.gitlab-ci.yml'
const stagesDefault = ['build', 'test', 'deploy']
const stagesMax = 100
const jobsMax = 5_000
const textMax = 512 * 1024

/** What `default` may hold, and so what a job without its own takes from there, whole. */
const defaultable = [
  'before_script',
  'after_script',
  'artifacts',
  'timeout',
  'retry',
  'tags',
  'interruptible',
  'id_tokens',
  'image',
  'services',
  'cache',
]
/** The older spelling of the same, at the top of the file. */
const topDefaults = ['before_script', 'after_script', 'image', 'services', 'cache']
const notJobs = ['stages', 'variables', 'workflow', 'default', 'include', 'spec', 'types', ...topDefaults]

export type ReadResult = { file?: PipelineFile; problems: Problem[] }

/** Reads a `.gitlab-ci.yml` that stands alone: the file, or every problem with its line and column. */
export function readPipelineFile(text: string, fileName = configFile): ReadResult {
  const problems = collectProblems(fileName)
  if (text.length > textMax) {
    problems.add({ line: 1, column: 1 }, `The file has more than ${textMax} characters.`)
    return { problems: problems.list() }
  }
  const { header, tree } = readDocuments(text, problems)
  const include = tree?.entries.get('include')
  if (header !== undefined || include !== undefined)
    problems.add(
      include?.keyAt ?? { line: 1, column: 1 },
      'A file with `include` or inputs is read with its repository.',
    )
  return tree === undefined ? { problems: problems.list() } : readMerged(tree, problems)
}

/** Reads a `.gitlab-ci.yml` with all that it includes; a problem in another file names that file. */
export async function loadPipelineFile(
  text: string,
  parts: IncludeParts & { inputs?: Readonly<Record<string, string>> },
  fileName = configFile,
): Promise<ReadResult> {
  const problems = collectProblems(fileName)
  const at = { line: 1, column: 1 }
  const inputs = new Map(
    Object.entries(parts.inputs ?? {}).map(([name, value]) => [name, { keyAt: at, node: { kind: 'scalar' as const, value, text: value, at } }]),
  ) // prettier-ignore
  const tree = await readWithIncludes(text, inputs, parts, problems)
  return tree === undefined ? { problems: problems.list() } : readMerged(tree, problems)
}

function readMerged(tree: MapNode, problems: Problems): ReadResult {
  const file = readTop(resolveTree(tree, problems), problems)
  return problems.any() ? { problems: problems.list() } : { file, problems: [] }
}

function readTop(tree: MapNode, problems: Problems): PipelineFile {
  const file: PipelineFile = { stages: ['.pre', ...stagesDefault, '.post'], variables: {}, workflow: {}, jobs: [] }
  const spec = tree.entries.get('spec')
  if (spec) problems.add(spec.keyAt, '`spec` is a header: it stands before the pipeline, parted from it by `---`.')
  const types = tree.entries.get('types')
  if (types) problems.add(types.keyAt, '`types` is called `stages` since long ago.')
  const stages = tree.entries.get('stages')
  if (stages) file.stages = readStages(stages.node, problems)
  const variables = tree.entries.get('variables')
  if (variables) file.variables = readVariables(variables.node, 'top', problems)
  const workflow = tree.entries.get('workflow')
  if (workflow) file.workflow = readWorkflow(workflow.node, problems)
  const defaults = readDefaults(tree, problems)
  for (const [name, entry] of tree.entries) {
    if (notJobs.includes(name) || name.startsWith('.')) continue
    const job = readJob(name, entry.keyAt, withDefaults(entry.node, defaults, problems), problems)
    if (job) file.jobs.push(job)
  }
  checkReferences(file, problems)
  file.jobs = expandParallel(file.jobs)
  if (file.jobs.length > jobsMax) problems.add(tree.at, `A pipeline has ${jobsMax} jobs at the most.`)
  if (file.jobs.length === 0 && !problems.any())
    problems.add(tree.at, 'Expected at least one job that is not hidden (its name not beginning with a dot).')
  return file
}

/** `.pre` and `.post` are there always, first and last, whatever the list says. */
function readStages(node: Node, problems: Problems): string[] {
  const flat = (inner: Node): Node[] => (inner.kind === 'list' ? inner.items.flatMap(flat) : [inner])
  const names = flat(node).flatMap((item) => readText(item, 'a stage', problems) ?? [])
  if (node.kind !== 'list') problems.add(node.at, 'Expected a list of names in `stages`.')
  if (names.length > stagesMax) problems.add(node.at, `A pipeline has ${stagesMax} stages at the most.`)
  return ['.pre', ...new Set(names.filter((name) => name !== '.pre' && name !== '.post')), '.post']
}

function readWorkflow(node: Node, problems: Problems): PipelineFile['workflow'] {
  const workflow: { name?: string; rules?: Rule[] } = {}
  const map = readMap(node, '`workflow`', problems)
  if (map === undefined) return workflow
  readKeywords(
    map,
    '`workflow`',
    {
      name: (inner) => {
        const name = readText(inner, '`workflow:name`', problems)
        if (name !== undefined) workflow.name = name
      },
      rules: (inner) => void (workflow.rules = readRules(inner, 'workflow', problems)),
      auto_cancel: (_inner, { keyAt }) => problems.add(keyAt, '`workflow:auto_cancel` is not supported yet.'),
    },
    problems,
  )
  return workflow
}

function readDefaults(tree: MapNode, problems: Problems): Map<string, Entry> {
  const defaults = new Map<string, Entry>()
  for (const name of topDefaults) {
    const entry = tree.entries.get(name)
    if (entry) defaults.set(name, entry)
  }
  const written = tree.entries.get('default')
  if (!written) return defaults
  const map = readMap(written.node, '`default`', problems)
  const keep = (name: string) => (_node: Node, entry: Entry) => void defaults.set(name, entry)
  if (map) readKeywords(map, '`default`', Object.fromEntries(defaultable.map((name) => [name, keep(name)])), problems)
  return defaults
}

/** A keyword that the job has not is taken whole; nothing is merged. */
function withDefaults(job: Node, defaults: ReadonlyMap<string, Entry>, problems: Problems): Node {
  if (job.kind !== 'map' || defaults.size === 0) return job
  const wish = job.entries.get('inherit')
  const inherit = wish ? readInherit(wish.node, problems) : inheritAll
  const missing = [...defaults].filter(([name]) => !job.entries.has(name) && inherits(inherit.default, name))
  return { ...job, entries: new Map([...job.entries, ...missing]) }
}

/** What can be said before any rule is asked: stages that are there, needs and dependencies that name jobs. */
function checkReferences(file: PipelineFile, problems: Problems): void {
  const jobs = new Map(file.jobs.map((job) => [job.name, job]))
  const position = (job: JobSpec): number => file.stages.indexOf(job.stage)
  for (const job of file.jobs) {
    if (position(job) < 0) {
      problems.add(
        job.stageAt,
        `The stage \`${job.stage}\` of the job \`${job.name}\` is not one of: ${file.stages.join(', ')}.`,
      )
    }
    for (const need of [...(job.needs ?? []), ...(job.rules ?? []).flatMap((rule) => rule.needs ?? [])]) {
      const target = jobs.get(need.job)
      if (need.job === job.name) problems.add(need.at, `The job \`${job.name}\` needs itself.`)
      else if (target === undefined && !need.optional)
        problems.add(need.at, `The job \`${job.name}\` needs \`${need.job}\`, which is not in the file.`)
      else if (target && position(target) > position(job))
        problems.add(need.at, `The job \`${job.name}\` needs \`${need.job}\` of a later stage.`)
    }
    checkDependencies(job, jobs, position, problems)
  }
}

function checkDependencies(
  job: JobSpec,
  jobs: ReadonlyMap<string, JobSpec>,
  position: (job: JobSpec) => number,
  problems: Problems,
): void {
  for (const { job: name, at } of job.dependencies ?? []) {
    const target = jobs.get(name)
    if (target === undefined)
      problems.add(at, `The job \`${job.name}\` depends on \`${name}\`, which is not in the file.`)
    else if (job.needs !== undefined && !job.needs.some((need) => need.job === name)) {
      problems.add(at, `\`dependencies\` names \`${name}\`, which is not in the \`needs\` of \`${job.name}\`.`)
    } else if (job.needs === undefined && position(target) >= position(job)) {
      problems.add(at, `The job \`${job.name}\` depends on \`${name}\`, which is not of an earlier stage.`)
    }
  }
}
