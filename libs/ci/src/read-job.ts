import type { DeclaredVariables, JobSpec } from './file.ts'
import type { Problems } from './problems.ts'
import { readRefPolicy } from './only-except.ts'
import { inheritAll, readInherit, readParallel } from './parallel.ts'
import { readArtifacts, readRetry } from './read-artifacts.ts'
import { readCaches } from './read-cache.ts'
import { readIdTokens } from './read-id-tokens.ts'
import { readNeeds, readRules } from './read-rules.ts'
import {
  readAllowFailure,
  readFlag,
  readKeywords,
  readMap,
  readScript,
  readStartIn,
  readText,
  readTexts,
  readTimeSpan,
  readVariables,
  readWhen,
} from './read-values.ts'
import type { Entry, MapNode, Node } from './tree.ts'

const jobTimeoutMaxSeconds = 24 * 3_600
const nameMax = 255
const commandsMax = 1_000
const tagForm = /^[A-Za-z0-9_-]{1,64}$/

/** In GitLab's language, not in ours yet: an error that says so, since leaving them out would change what runs. */
const unsupported = [
  'trigger', 'resource_group', 'release', 'secrets', 'identity', 'hooks', 'run',
  'manual_confirmation', 'pages', 'publish', 'dast_configuration', 'inputs',
] as const // prettier-ignore

type Readers = Record<string, (node: Node, entry: Entry) => void>

/** Reads one job, the defaults merged in already. */
export function readJob(name: string, at: Entry['keyAt'], node: Node, problems: Problems): JobSpec | undefined {
  const map = readMap(node, `the job \`${name}\``, problems)
  if (map === undefined) return undefined
  if (name.length > nameMax) problems.add(at, `Expected a name of ${nameMax} characters at the most.`)
  const job: JobSpec = {
    name, at, stage: 'test', stageAt: at, beforeScript: [], script: [], afterScript: [], variables: {},
    retry: { max: 0, when: ['always'], exitCodes: [] }, tags: [], interruptible: false, inherit: inheritAll, idTokens: {}, notes: [],
  } // prettier-ignore
  const set = <Key extends keyof JobSpec>(key: Key, value: JobSpec[Key] | undefined): void => {
    if (value !== undefined) job[key] = value
  }
  const variables = (inner: Node): DeclaredVariables => readVariables(inner, 'job', problems)
  const readers: Readers = {
    stage: (inner) => {
      set('stage', readText(inner, '`stage`', problems))
      job.stageAt = inner.at
    },
    script: (inner) => set('script', readScript(inner, '`script`', problems)),
    before_script: (inner) => set('beforeScript', readScript(inner, '`before_script`', problems)),
    after_script: (inner) => set('afterScript', readScript(inner, '`after_script`', problems)),
    variables: (inner) => set('variables', variables(inner)),
    needs: (inner) => set('needs', readNeeds(inner, problems)),
    dependencies: (inner) => set('dependencies', readDependencies(inner, problems)),
    only: (inner) => set('only', readRefPolicy(inner, 'only', problems)),
    except: (inner) => set('except', readRefPolicy(inner, 'except', problems)),
    rules: (inner) => set('rules', readRules(inner, 'rule', problems)),
    when: (inner) => set('when', readWhen(inner, 'job', problems)),
    start_in: (inner) => set('startInSeconds', readStartIn(inner, problems)),
    allow_failure: (inner) => set('allowFailure', readAllowFailure(inner, problems)),
    artifacts: (inner) => set('artifacts', readArtifacts(inner, job.notes, problems)),
    cache: (inner) => set('caches', readCaches(inner, problems)),
    timeout: (inner) => set('timeoutSeconds', readTimeSpan(inner, '`timeout`', jobTimeoutMaxSeconds, problems)),
    retry: (inner) => set('retry', readRetry(inner, problems)),
    tags: (inner) => set('tags', readTags(inner, problems)),
    parallel: (inner) => set('parallel', readParallel(inner, problems)),
    inherit: (inner) => set('inherit', readInherit(inner, problems)),
    interruptible: (inner) => set('interruptible', readFlag(inner, '`interruptible`', problems)),
    id_tokens: (inner) => set('idTokens', readIdTokens(inner, problems)),
    environment: (inner) => set('environment', readEnvironment(inner, job.notes, problems)),
    ...ignoredReaders(job.notes),
    ...refusingReaders(problems),
  }
  readKeywords(map, `the job \`${name}\``, readers, problems)
  checkJob(job, map, problems)
  return job
}

function checkJob(job: JobSpec, map: MapNode, problems: Problems): void {
  if (job.script.length === 0) problems.add(job.at, `The job \`${job.name}\` needs a \`script\`.`)
  if (job.beforeScript.length + job.script.length + job.afterScript.length > commandsMax) {
    problems.add(job.at, `A job has ${commandsMax} commands at the most.`)
  }
  for (const keyword of ['only', 'except'] as const) {
    const older = map.entries.get(keyword)
    if (older && job.rules) problems.add(older.keyAt, `\`${keyword}\` can't stand beside \`rules\`.`)
  }
  const startIn = map.entries.get('start_in')
  if (startIn && job.when !== 'delayed') problems.add(startIn.keyAt, '`start_in` stands beside `when: delayed` only.')
  if (job.when === 'delayed' && !startIn)
    problems.add(job.at, '`when: delayed` takes `start_in`, such as `30 minutes`.')
  const when = map.entries.get('when')
  if (when !== undefined && job.rules !== undefined && job.when === 'on_failure') {
    problems.add(when.keyAt, '`when` beside `rules` belongs into the rules.')
  }
}

/** They ask for what a runner without containers does not have; the job runs without. */
function ignoredReaders(notes: string[]): Readers {
  const reasons = {
    image: 'is not used: jobs run on the system of the runner',
    services: 'are not started: jobs run on the system of the runner',
    coverage: 'is not read from the log',
  }
  return Object.fromEntries(
    Object.entries(reasons).map(([name, reason]) => [name, () => void notes.push(`\`${name}\` ${reason}.`)]),
  )
}

function refusingReaders(problems: Problems): Readers {
  const later =
    (name: string) =>
    (_node: Node, { keyAt }: Entry) =>
      problems.add(keyAt, `\`${name}\` is not supported yet.`)
  return Object.fromEntries(unsupported.map((name) => [name, later(name)]))
}

function readDependencies(node: Node, problems: Problems): { job: string; at: Entry['keyAt'] }[] {
  const items = node.kind === 'list' ? node.items : [node]
  return items.flatMap((item) => {
    const job = readText(item, 'a job in `dependencies`', problems)
    return job === undefined ? [] : [{ job, at: item.at }]
  })
}

/** Tags become subjects of the bus, so they are held to what a subject may have. */
function readTags(node: Node, problems: Problems): string[] {
  const tags = readTexts(node, '`tags`', 50, problems)
  for (const tag of tags)
    if (!tagForm.test(tag))
      problems.add(node.at, `\`${tag}\` is no tag; expected letters, digits, \`_\` and \`-\`, 64 at the most.`)
  if (tags.length > 1) problems.add(node.at, 'A job has one tag at the most: the kind of runner that takes it.')
  return tags
}

function readEnvironment(node: Node, notes: string[], problems: Problems): string | undefined {
  if (node.kind !== 'map') return readText(node, '`environment`', problems)
  let name: string | undefined
  const note = (keyword: string) => (): void => void notes.push(`\`environment:${keyword}\` has no effect here.`)
  readKeywords(
    node,
    '`environment`',
    {
      name: (inner) => void (name = readText(inner, '`environment:name`', problems)),
      ...Object.fromEntries(
        ['url', 'on_stop', 'action', 'auto_stop_in', 'deployment_tier', 'kubernetes'].map((keyword) => [
          keyword,
          note(keyword),
        ]),
      ),
    },
    problems,
  )
  return name
}
