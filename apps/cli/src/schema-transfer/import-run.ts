import type { TransferredVersion } from '@plinth/contracts'
import { exitCode } from '../exit-codes.ts'
import { patiently } from '../patience.ts'
import { CliError } from '../cli-error.ts'
import type { Api } from '../session.ts'
import { batchesOf, compare, layersOf, type Collection, type Difference } from './collection.ts'

const atOnceMax = 4
const settingsMax = 100
type Progress = (text: string) => void

/** All of a project as the platform has it now. */
export async function readHere(api: Api, project: string, onProgress: Progress = () => undefined): Promise<Collection> {
  const found: Collection = { versions: [], settings: [] }
  let cursor: string | undefined
  do {
    const query = { limit: 200, ...(cursor !== undefined && { cursor }) }
    const page = await patiently(() => api.exportSchemas({ params: { project }, query }))
    found.versions.push(...page.items)
    found.settings.push(...page.settings)
    onProgress(`${found.versions.length} versions read back`)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return found
}

export type ImportOptions = {
  project: string
  source: Collection
  /** What was found while reading that cannot be taken over. */
  problems: readonly Difference[]
  /** Compare alone. */
  checkOnly: boolean
  /** Also into a project that has other versions. */
  merge: boolean
  /** Leave the project in mode IMPORT, for a further run. */
  stay: boolean
  onProgress: Progress
}
export type ImportReport = {
  project: string
  versions: number
  subjects: number
  imported: number
  unchanged: number
  /** Versions here that the source does not have. */
  more: number
  differences: Difference[]
}

/** Brings over what is missing, then reads everything back and holds it against the source. A second run does what is left. */
export async function runImport(api: Api, options: ImportOptions): Promise<ImportReport> {
  const { project, source, onProgress } = options
  const before = compare(source, await readHere(api, project))
  let imported = 0
  let refused: Difference[] = []
  let after = before
  if (!options.checkOnly && before.differences.length > 0) {
    const sent = await inImportMode(api, options, before.more.length, () => send(api, options, before.missing))
    imported = sent.imported
    refused = sent.refused
    after = compare(source, await readHere(api, project, onProgress))
  }
  const why = new Map(refused.map((one) => [`${one.subject}\n${one.version}`, one.problem]))
  const differences = after.differences.map((one) => {
    const reason = why.get(`${one.subject}\n${one.version}`)
    return reason === undefined ? one : { ...one, problem: `${one.problem}: ${reason}` }
  })
  return {
    project,
    versions: source.versions.length,
    subjects: new Set(source.versions.map(({ subject }) => subject)).size,
    imported,
    unchanged: source.versions.length - before.missing.length,
    more: after.more.length,
    differences: [...options.problems, ...differences],
  }
}

type Sent = { imported: number; refused: Difference[] }

async function send(api: Api, options: ImportOptions, missing: readonly TransferredVersion[]): Promise<Sent> {
  const { project, source, onProgress } = options
  const sent: Sent = { imported: 0, refused: [] }
  let done = 0
  for (const layer of layersOf(missing, project)) {
    const batches = batchesOf(layer)
    const worker = async (): Promise<void> => {
      for (let items = batches.pop(); items !== undefined; items = batches.pop()) {
        const body = { items }
        const answer = await patiently(() => api.importSchemas({ params: { project }, body }))
        for (const { subject, version, outcome, problem = '' } of answer.items) {
          if (outcome === 'imported') sent.imported++
          if (outcome === 'refused') sent.refused.push({ subject, version, problem })
        }
        done += items.length
        onProgress(`${done} of ${missing.length} versions sent`)
      }
    }
    await Promise.all(Array.from({ length: atOnceMax }, worker))
  }
  for (let at = 0; at < source.settings.length; at += settingsMax) {
    const body = { items: [], settings: source.settings.slice(at, at + settingsMax) }
    const answer = await patiently(() => api.importSchemas({ params: { project }, body }))
    for (const { subject, outcome, problem = '' } of answer.settings)
      if (outcome === 'refused') sent.refused.push({ subject, problem })
  }
  return sent
}

/** In this mode nobody gets an id here while others are brought in. */
async function inImportMode<T>(
  api: Api,
  { project, merge, stay }: ImportOptions,
  more: number,
  work: () => Promise<T>,
): Promise<T> {
  const params = { context: project }
  const { mode } = (await patiently(() => api.csrGetContextModeInContext({ params, query: {} }))) as { mode: string }
  if (mode !== 'IMPORT') {
    if (more > 0 && !merge)
      throw new CliError(
        `${project} has ${more} versions that the source does not have. --merge leaves them and brings the others beside them.`,
        exitCode('conflict'),
      )
    await patiently(() => api.csrSetContextModeInContext({ params, query: { force: true }, body: { mode: 'IMPORT' } }))
  }
  try {
    return await work()
  } finally {
    if (!stay) await patiently(() => api.csrDeleteContextModeInContext({ params, query: {} }))
  }
}
