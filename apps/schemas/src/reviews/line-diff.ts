import { diffLines } from 'diff'

export type DiffLine = { kind: 'same' | 'added' | 'removed'; before?: number; after?: number; text: string }

const linesMax = 5_000
const lineLengthMax = 2_000
/** Beyond this many changed lines the two texts are shown whole, one after the other. */
const changesMax = 4_000

/** JSON laid out member by member; any other language as it is written. */
export function laidOut(text: string): string {
  try {
    return `${JSON.stringify(JSON.parse(text), null, 2)}\n`
  } catch {
    return text.endsWith('\n') ? text : `${text}\n`
  }
}

/** How one schema's text becomes another's, line by line; `truncated` where there are more lines than are told. */
export function lineDiff(before: string, after: string): { lines: DiffLine[]; truncated: boolean } {
  const [one, other] = [laidOut(before), laidOut(after)]
  const changes = diffLines(one, other, { maxEditLength: changesMax }) ?? [
    { value: one, added: false, removed: true },
    { value: other, added: true, removed: false },
  ]
  const lines: DiffLine[] = []
  let [left, right] = [0, 0]
  for (const { value, added, removed } of changes) {
    for (const line of value.replace(/\n$/, '').split('\n')) {
      const kind = added ? 'added' : removed ? 'removed' : 'same'
      if (kind !== 'added') left++
      if (kind !== 'removed') right++
      if (lines.length === linesMax) return { lines, truncated: true }
      const numbers = { ...(kind !== 'added' && { before: left }), ...(kind !== 'removed' && { after: right }) }
      lines.push({ kind, ...numbers, text: line.slice(0, lineLengthMax) })
    }
  }
  return { lines, truncated: false }
}
