import { canonicalJson, type LedgerEntry } from '@plinth/kernel/audit'

const columns = [
  'partition', 'sequence', 'occurredAt', 'actor', 'action', 'outcome', 'project', 'object', 'source', 'requestId', 'id', 'detail', 'hash',
] as const satisfies readonly (keyof LedgerEntry)[] // prettier-ignore

/**
 * A field as RFC 4180 has it. A spreadsheet takes a text that begins with one of these characters for a formula, and
 * runs it, so it gets an apostrophe before it (OWASP, CSV injection).
 */
export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const csvLine = (fields: readonly string[]): string => `${fields.map(csvField).join(',')}\r\n`

export const csvHeader = csvLine(columns)

export const csvRow = (entry: LedgerEntry): string =>
  csvLine(
    columns.map((column) => {
      const value = entry[column]
      return typeof value === 'string' ? value : value === undefined ? '' : canonicalJson(value)
    }),
  )
