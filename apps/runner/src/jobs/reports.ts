import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseDotenv } from './dotenv.ts'
import type { LogStream } from './log-stream.ts'
import type { Assignment } from './pipelines.ts'
import { selectFiles } from './select-files.ts'

/** As the contract of finishJob has it. */
const documentsMax = 20
const documentLengthMax = 5_000_000
/** All documents of a job go in one message of the bus, which takes 1 MiB. */
const totalBytesMax = 900_000

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
    return files.slice(0, documentsMax).flatMap((path) => readText(join(work, path)) ?? [])
  }
  let total = 0
  const junit = texts('junit', artifacts.junit).filter((text) => {
    total += Buffer.byteLength(JSON.stringify(text))
    if (total > totalBytesMax)
      log.say('WARNING: junit: the reports of this job are too large together; the rest is left out')
    return total <= totalBytesMax
  })
  const dotenv: Record<string, string> = {}
  for (const text of texts('dotenv', artifacts.dotenv)) {
    const { variables, problems } = parseDotenv(text)
    Object.assign(dotenv, variables)
    for (const problem of problems) log.say(`WARNING: dotenv: ${problem}`)
  }
  return { junit, dotenv }
}

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
