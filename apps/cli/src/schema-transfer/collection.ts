import { isDeepStrictEqual } from 'node:util'
import type { TransferredSettings, TransferredVersion } from '@plinth/contracts'

/** All that a registry holds of one project or context. */
export type Collection = { versions: TransferredVersion[]; settings: TransferredSettings[] }
export type Difference = { subject: string; version?: number; problem: string }

const keyOf = ({ subject, version }: { subject: string; version: number }): string => `${subject}\n${version}`

const inProject = (subject: string, project: string): string =>
  subject.startsWith(`:.${project}:`) ? subject.slice(project.length + 3) : subject

/**
 * Versions in layers: each refers to versions of earlier layers only, or to such as are not among these. What refers to
 * itself over others, which no registry has, stands in the last layer.
 */
export function layersOf(versions: readonly TransferredVersion[], project: string): TransferredVersion[][] {
  const open = new Map(versions.map((one) => [keyOf(one), one]))
  const layers: TransferredVersion[][] = []
  while (open.size > 0) {
    const isFree = ({ references = [] }: TransferredVersion): boolean =>
      references.every(({ subject, version }) => !open.has(keyOf({ subject: inProject(subject, project), version })))
    const free = [...open.values()].filter(isFree)
    const layer = free.length > 0 ? free : [...open.values()]
    for (const one of layer) open.delete(keyOf(one))
    layers.push(layer)
  }
  return layers
}

/** So many at a time, and so much text: a request has at most 1 MiB. */
export function batchesOf(
  versions: readonly TransferredVersion[],
  countMax = 50,
  bytesMax = 600_000,
): TransferredVersion[][] {
  const batches: TransferredVersion[][] = []
  let batch: TransferredVersion[] = []
  let bytes = 0
  for (const one of versions) {
    const size = Buffer.byteLength(JSON.stringify(one))
    if (batch.length > 0 && (batch.length >= countMax || bytes + size > bytesMax)) {
      batches.push(batch)
      batch = []
      bytes = 0
    }
    batch.push(one)
    bytes += size
  }
  return batch.length > 0 ? [...batches, batch] : batches
}

/** JSON with members in another order or place is the same text; so is Protobuf with other white space and comments. */
function isSameText(type: string, one: string, other: string): boolean {
  if (one === other) return true
  if (type === 'PROTOBUF') {
    const bare = (text: string): string => text.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|\s+/g, '')
    return bare(one) === bare(other)
  }
  try {
    return isDeepStrictEqual(JSON.parse(one), JSON.parse(other))
  } catch {
    return false
  }
}

/** Undefined, null and what is empty say the same. */
const said = (value: unknown): unknown => {
  if (value === null || value === undefined) return undefined
  if (Array.isArray(value)) return value.length > 0 ? value.map(said) : undefined
  if (typeof value !== 'object') return value
  const members = Object.entries(value).flatMap(([name, member]) => {
    const inner = said(member)
    return inner === undefined ? [] : [[name, inner]]
  })
  return members.length > 0 ? Object.fromEntries(members) : undefined
}

/** What of a version is another one here; nothing where all is the same. */
export function differenceOf(wanted: TransferredVersion, here: TransferredVersion | undefined): string | undefined {
  if (here === undefined) return 'is missing here'
  if (here.id !== wanted.id) return `has the id ${here.id} here, and ${wanted.id} there`
  if (here.type !== wanted.type) return `is ${here.type} here, and ${wanted.type} there`
  const texts = (one: TransferredVersion): string[] => [
    one.schema,
    ...(one.canonical === undefined ? [] : [one.canonical]),
  ]
  if (!texts(wanted).some((text) => texts(here).some((other) => isSameText(wanted.type, text, other))))
    return 'has another text here'
  for (const member of ['references', 'metadata', 'ruleSet'] as const)
    if (!isDeepStrictEqual(said(wanted[member]), said(here[member]))) return `has other ${member} here`
  if ((here.deleted ?? false) !== (wanted.deleted ?? false))
    return wanted.deleted === true ? 'is deleted there, and not here' : 'is deleted here, and not there'
  return undefined
}

export type Comparison = {
  /** What has to be imported still. */
  missing: TransferredVersion[]
  differences: Difference[]
  /** Versions that are here and not there. */
  more: TransferredVersion[]
}

/** Holds every id, subject and version of a source against what is here. */
export function compare(source: Collection, here: Collection): Comparison {
  const ours = new Map(here.versions.map((one) => [keyOf(one), one]))
  const missing: TransferredVersion[] = []
  const differences: Difference[] = []
  for (const wanted of source.versions) {
    const problem = differenceOf(wanted, ours.get(keyOf(wanted)))
    ours.delete(keyOf(wanted))
    if (problem === undefined) continue
    missing.push(wanted)
    differences.push({ subject: wanted.subject, version: wanted.version, problem })
  }
  const set = new Map(here.settings.map(({ subject, settings }) => [subject, settings]))
  for (const { subject, settings } of source.settings) {
    const own: Record<string, unknown> = { ...set.get(subject) }
    for (const [name, value] of Object.entries(settings))
      if (!isDeepStrictEqual(said(own[name]), said(value)))
        differences.push({ subject, problem: `has another ${name} here` })
  }
  return { missing, differences, more: [...ours.values()] }
}
