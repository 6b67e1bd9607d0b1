import { canonicalJson } from './canonical-json.ts'
import type { ExportItem } from './export-lines.ts'
import { BrokenLedger } from './ledger-verifier.ts'

type Check = (value: unknown) => boolean
const isText: Check = (value) => typeof value === 'string'
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isHash: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
const isFlag: Check = (value) => typeof value === 'boolean'
const anything: Check = () => true
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)

/** An object of exactly these members; `optional` ones may be left out. */
const shape =
  (members: Readonly<Record<string, Check>>, optional: readonly string[] = []): Check =>
  (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    const names = Object.keys(value)
    return (
      names.every((name) => Object.hasOwn(members, name)) &&
      Object.entries(members).every(([name, check]) =>
        Object.hasOwn(value, name) ? check((value as Record<string, unknown>)[name]) : optional.includes(name),
      )
    )
  }

const signed = { keyId: isText, signature: isText }
const heads = listOf(shape({ partition: isText, entries: isCount, head: isHash }))
const shapes: Readonly<Record<string, Check>> = {
  header: shape(
    {
      format: (value) => value === 'plinth-audit',
      version: (value) => value === 1,
      exportedAt: isText,
      partition: isText,
      complete: isFlag,
      keys: listOf(shape({ keyId: isText, publicKeyPem: isText })),
    },
    ['partition'],
  ),
  base: shape({ checkpoint: isCount, hash: isHash, at: isText, partitions: heads, ...signed }),
  entry: shape(
    {
      partition: isText,
      sequence: isCount,
      id: isText,
      source: isText,
      actor: isText,
      action: isText,
      project: isText,
      object: isText,
      outcome: isText,
      detail: anything,
      requestId: isText,
      occurredAt: isText,
      hash: isHash,
    },
    ['requestId'],
  ),
  checkpoint: shape({
    sequence: isCount,
    at: isText,
    partitions: heads,
    entries: isCount,
    root: isHash,
    previous: isHash,
    ...signed,
  }),
  seal: shape({ lines: isCount, digest: isHash, ...signed }),
}

/**
 * Reads a line of an export; throws BrokenLedger where it is none. Only the canonical form is taken: what is hashed is
 * then what is in the file, without a second member of the same name that somebody else might read.
 */
export function readItem(line: string, lineNumber: number): ExportItem {
  const broken = (what: string): BrokenLedger =>
    new BrokenLedger({ kind: 'format', message: `line ${lineNumber} ${what}` })
  let item: unknown
  let isCanonical: boolean
  try {
    item = JSON.parse(line)
    isCanonical = canonicalJson(item) === line
  } catch {
    throw broken('is not JSON')
  }
  const names = typeof item === 'object' && item !== null ? Object.keys(item) : []
  const [kind = ''] = names
  const check = Object.hasOwn(shapes, kind) ? shapes[kind] : undefined
  if (names.length !== 1 || check?.((item as Record<string, unknown>)[kind]) !== true)
    throw broken('is no part of an audit export')
  if (!isCanonical) throw broken('is not in the form in which it was written')
  return item as ExportItem
}
