import type { ArtifactsSpec, CoverageFormat, RetrySpec } from './file.ts'
import type { Problems } from './problems.ts'
import {
  readChoice,
  readExitCodes,
  readInteger,
  readKeywords,
  readMap,
  readText,
  readTexts,
  readTimeSpan,
} from './read-values.ts'
import type { Node } from './tree.ts'

const pathsMax = 200
const expiryMaxSeconds = 10 * 365 * 86_400

/** Accepted and without effect: said in a note of the job. */
const ignored = ['expose_as', 'public', 'access'] as const
const otherReports = [
  'accessibility', 'annotations', 'browser_performance', 'lsif', 'sast',
  'dependency_scanning', 'container_scanning', 'dast', 'secret_detection', 'license_scanning', 'requirements', 'metrics',
  'terraform', 'cyclonedx', 'load_performance', 'repository_xray', 'api_fuzzing', 'coverage_fuzzing',
] // prettier-ignore

export function readArtifacts(node: Node, notes: string[], problems: Problems): ArtifactsSpec | undefined {
  const map = readMap(node, '`artifacts`', problems)
  if (map === undefined) return undefined
  const artifacts: ArtifactsSpec = { paths: [], exclude: [], when: 'on_success', junit: [], dotenv: [] }
  readKeywords(
    map,
    '`artifacts`',
    {
      name: (inner) => {
        const name = readText(inner, '`artifacts:name`', problems)
        if (name !== undefined) artifacts.name = name
      },
      paths: (inner) => void (artifacts.paths = readPaths(inner, '`artifacts:paths`', problems)),
      exclude: (inner) => void (artifacts.exclude = readPaths(inner, '`artifacts:exclude`', problems)),
      when: (inner) => {
        artifacts.when =
          readChoice(inner, '`artifacts:when`', ['on_success', 'on_failure', 'always'], problems) ?? 'on_success'
      },
      expire_in: (inner) => {
        if (inner.kind === 'scalar' && inner.text === 'never') artifacts.expireInSeconds = null
        else
          artifacts.expireInSeconds = readTimeSpan(inner, '`artifacts:expire_in`', expiryMaxSeconds, problems) ?? null
      },
      reports: (inner) => readReports(inner, artifacts, notes, problems),
      untracked: (inner) =>
        problems.add(inner.at, '`artifacts:untracked` is not supported yet; list the files in `paths`.'),
      ...Object.fromEntries(
        ignored.map((name) => [name, () => void notes.push(`\`artifacts:${name}\` has no effect here.`)]),
      ),
    },
    problems,
  )
  return artifacts
}

function readReports(node: Node, artifacts: ArtifactsSpec, notes: string[], problems: Problems): void {
  const map = readMap(node, '`artifacts:reports`', problems)
  if (map === undefined) return
  readKeywords(
    map,
    '`artifacts:reports`',
    {
      junit: (inner) => void (artifacts.junit = readPaths(inner, '`artifacts:reports:junit`', problems)),
      dotenv: (inner) => void (artifacts.dotenv = readPaths(inner, '`artifacts:reports:dotenv`', problems)),
      coverage_report: (inner) => readCoverage(inner, artifacts, problems),
      codequality: (inner) =>
        void (artifacts.codequality = readPaths(inner, '`artifacts:reports:codequality`', problems)),
      sarif: (inner) => void (artifacts.sarif = readPaths(inner, '`artifacts:reports:sarif`', problems)),
      ...Object.fromEntries(
        otherReports.map((name) => [name, () => void notes.push(`The report \`${name}\` is not read here.`)]),
      ),
    },
    problems,
  )
}

function readCoverage(node: Node, artifacts: ArtifactsSpec, problems: Problems): void {
  const what = '`artifacts:reports:coverage_report`'
  const map = readMap(node, what, problems)
  if (map === undefined) return
  let format: CoverageFormat | undefined
  let paths: string[] = []
  const known = { format: false, path: false }
  readKeywords(
    map,
    what,
    {
      coverage_format: (inner) => {
        known.format = true
        format = readChoice(inner, `${what} \`coverage_format\``, ['cobertura', 'jacoco', 'lcov'], problems)
      },
      path: (inner) => {
        known.path = true
        paths = readPaths(inner, `${what} \`path\``, problems)
      },
    },
    problems,
  )
  if (!known.format || !known.path) problems.add(node.at, `Expected \`coverage_format\` and \`path\` in ${what}.`)
  if (format !== undefined) {
    const one = format
    artifacts.coverage = paths.map((path) => ({ format: one, path }))
  }
}

/** Paths stay within the project: the runner checks again, this one tells early and with the line. */
function readPaths(node: Node, what: string, problems: Problems): string[] {
  const paths = readTexts(node, what, pathsMax, problems)
  for (const path of paths) {
    if (path.startsWith('/') || path.split('/').includes('..') || path.includes('\0')) {
      problems.add(node.at, `Expected paths inside of the project in ${what}; \`${path}\` leads out of it.`)
    }
  }
  return paths
}

const retryReasons = [
  'always', 'unknown_failure', 'script_failure', 'api_failure', 'stuck_or_timeout_failure', 'runner_system_failure',
  'runner_unsupported', 'stale_schedule', 'job_execution_timeout', 'archived_failure', 'unmet_prerequisites',
  'scheduler_failure', 'data_integrity_failure',
] as const // prettier-ignore

export function readRetry(node: Node, problems: Problems): RetrySpec {
  const retry: RetrySpec = { max: 0, when: ['always'], exitCodes: [] }
  const max = (inner: Node): void => void (retry.max = readInteger(inner, '`retry`', 0, 2, problems) ?? 0)
  if (node.kind !== 'map') {
    max(node)
    return retry
  }
  let hasWhen = false
  readKeywords(
    node,
    '`retry`',
    {
      max,
      when: (inner) => {
        hasWhen = true
        const items = inner.kind === 'list' ? inner.items : [inner]
        retry.when = items
          .map((item) => readChoice(item, '`retry:when`', retryReasons, problems))
          .filter((reason) => reason !== undefined)
      },
      exit_codes: (inner) => void (retry.exitCodes = readExitCodes(inner, '`retry:exit_codes`', problems)),
    },
    problems,
  )
  // Exit codes alone mean these codes only; together with `when` either of the two is enough.
  if (!hasWhen && retry.exitCodes.length > 0) retry.when = []
  return retry
}
