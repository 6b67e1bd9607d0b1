import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDotenv } from './dotenv.ts'
import type { LogStream } from './log-stream.ts'
import type { Assignment, Finish } from './pipelines.ts'
import { selectFiles } from './select-files.ts'

/** As the contract of finishJob has it: of each kind. */
const documentsMax = 20
const documentLengthMax = 5_000_000
const otherReportsMax = 60
/** The end of a job is one message of the bus, which takes 8 MiB: reports and variables, as JSON, stay well below. */
const messageBytesMax = 7 * 1024 ** 2 - 64 * 1024

type Other = NonNullable<Finish['reports']>[number]
type Read = { path: string; text: string }

/**
 * What the job wrote for the service to read: JUnit, coverage and findings as they are, variables of dotenv files. What
 * does not fit into one message is left out, with a warning in the log; tests go before coverage, and that before findings.
 */
export function readReports(
  { artifacts }: Pick<Assignment, 'artifacts'>,
  work: string,
  log: Pick<LogStream, 'say'>,
): Pick<Finish, 'junit' | 'dotenv' | 'reports'> {
  if (artifacts === undefined) return { junit: [], dotenv: {} }
  const read = (kind: string, patterns: readonly string[]): Read[] => readFiles(work, kind, patterns, log)
  const dotenv: Record<string, string> = {}
  for (const { text } of read('dotenv', artifacts.dotenv)) {
    const { variables, problems } = parseDotenv(text)
    Object.assign(dotenv, variables)
    for (const problem of problems) log.say(`WARNING: dotenv: ${problem}`)
  }
  let total = bytesAsJson(dotenv)
  const fits = (kind: string, value: unknown): boolean => {
    const bytes = bytesAsJson(value)
    if (total + bytes > messageBytesMax) {
      log.say(`WARNING: ${kind}: a report is left out: the reports of this job are too large together`)
      return false
    }
    total += bytes
    return true
  }
  const junit = read('junit', artifacts.junit)
    .map(({ text }) => text)
    .filter((text) => fits('junit', text))
  const others = (kind: Other['kind'], patterns: readonly string[]): Other[] =>
    read(kind, patterns).map(({ path, text }) => ({ kind, name: path.toWellFormed().slice(0, 4_096), text }))
  const formats = ['cobertura', 'jacoco', 'lcov'] as const
  const pathsIn = (format: string): string[] =>
    (artifacts.coverage ?? []).filter((each) => each.format === format).map(({ path }) => path)
  const reports = [
    ...formats.flatMap((format) => others(format, pathsIn(format))),
    ...others('codequality', artifacts.codequality ?? []),
    ...others('sarif', artifacts.sarif ?? []),
  ].filter((report) => fits(report.kind, report))
  if (reports.length > otherReportsMax)
    log.say(`WARNING: only the first ${otherReportsMax} of ${reports.length} reports are read`)
  return { junit, dotenv, ...(reports.length > 0 && { reports: reports.slice(0, otherReportsMax) }) }
}

function readFiles(work: string, kind: string, patterns: readonly string[], log: Pick<LogStream, 'say'>): Read[] {
  if (patterns.length === 0) return []
  const { files, warnings } = selectFiles(work, patterns)
  for (const warning of warnings) log.say(`WARNING: ${kind}: ${warning}`)
  if (files.length > documentsMax)
    log.say(`WARNING: ${kind}: only the first ${documentsMax} of ${files.length} files are read`)
  return files.slice(0, documentsMax).flatMap((path) => {
    const text = readText(join(work, path))
    if (text === undefined)
      log.say(`WARNING: ${kind}: ${path}: is no file of ${documentLengthMax} bytes at the most, left out`)
    return text === undefined ? [] : { path, text }
  })
}

const bytesAsJson = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** Regular files only, and no link on the way in: the job chose the path. */
function readText(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return undefined
  }
  try {
    const stat = fstatSync(file)
    return stat.isFile() && stat.size <= documentLengthMax ? readFileSync(file, 'utf8') : undefined
  } finally {
    closeSync(file)
  }
}
