import { setTimeout as pause } from 'node:timers/promises'
import { compatibilityLevels, schemaKinds, type TransferredSettings, type TransferredVersion } from '@plinth/contracts'
import { exitCode } from '../exit-codes.ts'
import { CliError } from '../cli-error.ts'
import type { Collection, Difference } from './collection.ts'

export type Source = {
  /** Base URL of a registry that speaks Confluent's API, maybe with `/contexts/<name>` in it. */
  url: string
  /** Whole `Authorization` header, where one is needed. */
  authorization?: string
  /** Which context; where it is not said, the default one, or the only one that there is. */
  context?: string
  onProgress(text: string): void
}

/** As its API shows a version; subjects are qualified by their context where that is not the default one. */
type Shown = {
  subject: string
  version: number
  id: number
  schema: string
  schemaType?: string
  references?: { name: string; subject: string; version: number }[]
  metadata?: TransferredVersion['metadata'] | null
  ruleSet?: TransferredVersion['ruleSet'] | null
}

const answerMs = 60_000
const attemptsMax = 4
const pageSize = 1_000
const pagesMax = 10_000
const atOnceMax = 8
const schemaLengthMax = 1_048_576

/** Answers of the other registry: undefined for 404; asks again where it is not there for a moment. */
function asking({ url, authorization }: Source) {
  const base = url.replace(/\/$/, '')
  const headers = {
    accept: 'application/vnd.schemaregistry.v1+json, application/json',
    ...(authorization && { authorization }),
  }
  return async function ask<T>(path: string): Promise<T | undefined> {
    for (let attempt = 1; ; attempt++) {
      const answer = await fetch(`${base}${path}`, { headers, signal: AbortSignal.timeout(answerMs) }).catch(
        (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
      )
      const isPassing = answer instanceof Error || answer.status === 429 || answer.status >= 500
      if (isPassing && attempt < attemptsMax) {
        await pause(200 * 2 ** attempt)
        continue
      }
      if (answer instanceof Error)
        throw new CliError(`${base} does not answer: ${answer.message}`, exitCode('unavailable'))
      if (answer.status === 404 || answer.status === 405) return undefined
      if (answer.ok) return (await answer.json()) as T
      const hint =
        answer.status === 401 || answer.status === 403
          ? '; set PLINTH_FROM_TOKEN, or --from-user and PLINTH_FROM_PASSWORD'
          : ''
      throw new CliError(`${base}${path.split('?', 1)[0]} answers ${answer.status}${hint}.`, exitCode('failed'))
    }
  }
}
type AskForeign = ReturnType<typeof asking>

/** Does the work for each, some at once; results in order. */
async function forEach<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as Item)
  }
  await Promise.all(Array.from({ length: atOnceMax }, worker))
  return results
}

const keyOf = ({ subject, version }: Shown): string => `${subject}\n${version}`

/** All versions by the listing that newer registries have, page by page; undefined where there is none. */
async function listed(
  ask: AskForeign,
  deleted: boolean,
  onCount: (count: number) => void,
): Promise<Map<string, Shown> | undefined> {
  const found = new Map<string, Shown>()
  for (let page = 0, offset = 0; page < pagesMax; page++) {
    const items = await ask<Shown[]>(`/schemas?deleted=${deleted}&latestOnly=false&offset=${offset}&limit=${pageSize}`)
    if (items === undefined) return undefined
    const before = found.size
    for (const item of items) found.set(keyOf(item), item)
    onCount(found.size)
    // Some know no pages and give everything each time.
    if (found.size === before) return found
    offset += items.length
  }
  return found
}

/** The same by asking for each, which every registry answers. */
async function walked(
  ask: AskForeign,
  onCount: (count: number) => void,
): Promise<{ all: Map<string, Shown>; live: Set<string> }> {
  const subjects = (await ask<string[]>('/subjects?deleted=true')) ?? []
  const all = new Map<string, Shown>()
  const live = new Set<string>()
  await forEach(subjects, async (subject) => {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`
    const versions = (await ask<number[]>(`${path}?deleted=true`)) ?? []
    for (const version of (await ask<number[]>(path)) ?? []) live.add(`${subject}\n${version}`)
    for (const version of versions) {
      const shown = await ask<Shown>(`${path}/${version}?deleted=true`)
      if (shown !== undefined) all.set(`${subject}\n${version}`, { ...shown, subject })
    }
    onCount(all.size)
  })
  return { all, live }
}

const contextOf = (subject: string): string => /^:\.([^:]*):/.exec(subject)?.[1] ?? ''
const bare = (subject: string): string => subject.replace(/^:\.[^:]*:/, '')

/** The context to read: the one that was named; else the default one, or the only one where that is empty. */
function chosen(subjects: Iterable<string>, wanted: string | undefined): string {
  const there = new Set([...subjects].map(contextOf))
  if (wanted !== undefined) {
    const name = wanted.replace(/^\./, '')
    if (there.has(name) || there.size === 0) return name
    throw new CliError(`There is no context '${wanted}' with schemas; there are ${names(there)}.`, exitCode('notFound'))
  }
  if (there.size <= 1) return [...there][0] ?? ''
  throw new CliError(`There are several contexts: name one with --context: ${names(there)}.`, exitCode('usage'))
}
const names = (contexts: ReadonlySet<string>): string =>
  [...contexts]
    .map((name) => `'.${name}'`)
    .toSorted()
    .join(', ')

function transferred(shown: Shown, deleted: boolean): TransferredVersion | Difference {
  const { version, id, schema, metadata, ruleSet } = shown
  const subject = bare(shown.subject)
  const context = contextOf(shown.subject)
  const type = schemaKinds.find((kind) => kind === (shown.schemaType ?? 'AVRO'))
  if (type === undefined)
    return { subject, version, problem: `is of the type ${shown.schemaType}, which is not known here` }
  if (schema.length > schemaLengthMax) return { subject, version, problem: 'is longer than 1 MiB' }
  const references = (shown.references ?? []).map((reference) => ({
    name: reference.name,
    // Of its own context it is one of the same project here.
    subject: contextOf(reference.subject) === context ? bare(reference.subject) : reference.subject,
    version: reference.version,
  }))
  return {
    subject, version, id, type, schema,
    ...(references.length > 0 && { references }),
    ...(metadata && { metadata }),
    ...(ruleSet && { ruleSet }),
    ...(deleted && { deleted }),
  } // prettier-ignore
}

const settingNames = [
  'compatibilityPolicy', 'compatibilityGroup', 'alias', 'aliasForDeks', 'normalize', 'validateFields',
  'validateNewSchemas', 'validateRules', 'defaultMetadata', 'overrideMetadata', 'defaultRuleSet', 'overrideRuleSet',
] as const // prettier-ignore

function settingsOf(config: Record<string, unknown>): TransferredSettings['settings'] {
  const level = compatibilityLevels.find((known) => known === config['compatibilityLevel'])
  const more = settingNames.flatMap((name) =>
    config[name] === null || config[name] === undefined ? [] : [[name, config[name]]],
  )
  return { ...(level !== undefined && { compatibilityLevel: level }), ...(Object.fromEntries(more) as object) }
}

async function readSettings(ask: AskForeign, subjects: readonly string[]): Promise<TransferredSettings[]> {
  const found = await forEach(subjects, async (subject) => {
    const config = await ask<Record<string, unknown>>(`/config/${encodeURIComponent(subject)}`)
    return config === undefined ? [] : [{ subject: bare(subject), settings: settingsOf(config) }]
  })
  const whole = settingsOf((await ask<Record<string, unknown>>('/config')) ?? {})
  const isDefault = Object.keys(whole).length === 1 && whole.compatibilityLevel === 'BACKWARD'
  return [...(isDefault || Object.keys(whole).length === 0 ? [] : [{ subject: '', settings: whole }]), ...found.flat()]
}

/**
 * Everything in one context of another registry: versions with their ids, deleted ones too, and settings. What cannot be
 * taken over is in `problems`.
 */
export async function readForeign(source: Source): Promise<Collection & { problems: Difference[] }> {
  const ask = asking(source)
  const onCount = (count: number): void => source.onProgress(`${count} versions read`)
  const all = await listed(ask, true, onCount)
  const found =
    all === undefined ? await walked(ask, onCount) : { all, live: await listed(ask, false, () => undefined) }
  const context = chosen([...found.all.values()].map(({ subject }) => subject), source.context) // prettier-ignore
  const ours = [...found.all.entries()].filter(([, { subject }]) => contextOf(subject) === context)
  const read = ours.map(([key, shown]) => transferred(shown, found.live?.has(key) !== true))
  const versions = read.filter((one): one is TransferredVersion => !('problem' in one))
  const problems = read.filter((one): one is Difference => 'problem' in one)
  const subjects = [...new Set(ours.map(([, { subject }]) => subject))]
  return { versions, problems, settings: await readSettings(ask, subjects) }
}
