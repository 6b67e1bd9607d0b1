import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDotenv } from './dotenv.ts'
import type { LogStream } from './log-stream.ts'
import type { Assignment } from './pipelines.ts'
import { selectFiles } from './select-files.ts'

/** As the contract of finishJob has it. */
const documentsMax = 20
const documentLengthMax = 5_000_000
/** The end of a job is one message of the bus, which takes 8 MiB: reports and variables, as JSON, stay well below. */
const messageBytesMax = 7 * 1024 ** 2 - 64 * 1024

/** What the job wrote for the service to read: JUnit documents as they are, variables of dotenv files. */
export function readReports(
  assignment: Assignment,
  work: string,
  log: LogStream,
): { junit: string[]; dotenv: Record<string, string> } {
  const { artifacts } = assignment
  if (artifacts === undefined) return { junit: [], dotenv: {} }
  const texts = (kind: string, patterns: readonly string[]): string[] => {
    if (patterns.length === 0) return []
    const { files, warnings } = selectFiles(work, patterns)
    for (const warning of warnings) log.say(`WARNING: ${kind}: ${warning}`)
    if (files.length > documentsMax)
      log.say(`WARNING: ${kind}: only the first ${documentsMax} of ${files.length} files are read`)
    return files.slice(0, documentsMax).flatMap((path) => {
      const text = readText(join(work, path))
      if (text === undefined)
        log.say(`WARNING: ${kind}: ${path}: is no file of ${documentLengthMax} bytes at the most, left out`)
      return text ?? []
    })
  }
  const dotenv: Record<string, string> = {}
  for (const text of texts('dotenv', artifacts.dotenv)) {
    const { variables, problems } = parseDotenv(text)
    Object.assign(dotenv, variables)
    for (const problem of problems) log.say(`WARNING: dotenv: ${problem}`)
  }
  let total = bytesAsJson(dotenv)
  const junit = texts('junit', artifacts.junit).filter((text) => {
    const bytes = bytesAsJson(text)
    const fits = total + bytes <= messageBytesMax
    if (fits) total += bytes
    else log.say('WARNING: junit: a report is left out: the reports of this job are too large together')
    return fits
  })
  return { junit, dotenv }
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
