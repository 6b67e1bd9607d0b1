import { createHash } from 'node:crypto'
import type { TransferredSettings, TransferredVersion } from '@plinth/contracts'
import { exitCode } from '../exit-codes.ts'
import { CliError } from '../cli-error.ts'
import type { Collection } from './collection.ts'

const format = 'plinth-schemas'

/** Lines of JSON with a head, and an end that says how many there are and what they hash to: half a file is told from a whole one. */
export function transferLines(write: (text: string) => void) {
  const hash = createHash('sha256')
  const count = { versions: 0, settings: 0 }
  const line = (value: unknown): void => {
    const text = `${JSON.stringify(value)}\n`
    hash.update(text)
    write(text)
  }
  return {
    head: (about: { project: string; from: string; exportedAt: string }) =>
      line({ format, formatVersion: 1, ...about }),
    version(one: TransferredVersion): void {
      count.versions++
      line({ schemaVersion: one })
    },
    settings(one: TransferredSettings): void {
      count.settings++
      line({ settings: one })
    },
    end(): { versions: number; settings: number } {
      write(`${JSON.stringify({ end: { ...count, sha256: hash.digest('hex') } })}\n`)
      return count
    },
  }
}

type Line = {
  format?: string
  formatVersion?: number
  schemaVersion?: TransferredVersion
  settings?: TransferredSettings
  end?: { versions: number; settings: number; sha256: string }
}

/** Reads such a file; refuses one that is cut off, changed, or of another kind. */
export function readTransferFile(text: string, name: string): Collection {
  const wrong = (what: string): CliError => new CliError(`${name} ${what}.`, exitCode('failed'))
  const endAt = text.lastIndexOf('\n', text.length - 2) + 1
  const body = text.slice(0, endAt)
  const found: Collection = { versions: [], settings: [] }
  const read = (line: string, number: number): Line => {
    try {
      return JSON.parse(line) as Line
    } catch {
      throw wrong(`is no export of schemas: line ${number} is not JSON`)
    }
  }
  const lines = body.split('\n').slice(0, -1)
  const head = read(lines[0] ?? '', 1)
  if (head.format !== format || head.formatVersion !== 1) throw wrong('is no export of schemas of this release')
  for (const [index, line] of lines.entries()) {
    const { schemaVersion, settings } = index === 0 ? {} : read(line, index + 1)
    if (schemaVersion !== undefined) found.versions.push(schemaVersion)
    if (settings !== undefined) found.settings.push(settings)
  }
  const { end } = read(text.slice(endAt), lines.length + 1)
  if (end === undefined) throw wrong('has no end: it was cut off')
  if (end.versions !== found.versions.length || end.sha256 !== createHash('sha256').update(body).digest('hex'))
    throw wrong('was changed after its export')
  return found
}
