import type { Answer } from '../../api/plinth.ts'

export type Line = Answer<'diffSchemaVersions'>['lines'][number]
/** What stands beside what; `skipped` lines alike on both sides are folded into one row. */
export type Row =
  | { readonly before?: Line; readonly after?: Line; readonly same: boolean }
  | { readonly skipped: number; readonly from: number }

const contextLines = 3

function pairs(lines: readonly Line[]): { before?: Line; after?: Line; same: boolean }[] {
  const rows: { before?: Line; after?: Line; same: boolean }[] = []
  let removed: Line[] = []
  let added: Line[] = []
  const flush = (): void => {
    for (let at = 0; at < Math.max(removed.length, added.length); at++) {
      const [before, after] = [removed[at], added[at]]
      rows.push({ ...(before && { before }), ...(after && { after }), same: false })
    }
    removed = []
    added = []
  }
  for (const line of lines) {
    if (line.kind === 'removed') removed.push(line)
    else if (line.kind === 'added') added.push(line)
    else {
      flush()
      rows.push({ before: line, after: line, same: true })
    }
  }
  flush()
  return rows
}

/**
 * The lines of a difference side by side, each change beside what it replaced. Runs of equal lines further than three
 * from a change are folded, but for those in `opened`, which are named by the row at which they begin.
 */
export function aligned(lines: readonly Line[], opened: ReadonlySet<number> = new Set()): readonly Row[] {
  const rows = pairs(lines)
  const near = rows.map(() => false)
  for (const [at, { same }] of rows.entries())
    if (!same) near.fill(true, Math.max(0, at - contextLines), at + contextLines + 1)
  const shown: Row[] = []
  for (let at = 0; at < rows.length;) {
    let end = at
    while (end < rows.length && near[end] === false) end++
    if (end - at > 1 && !opened.has(at)) shown.push({ skipped: end - at, from: at })
    else shown.push(...rows.slice(at, Math.max(end, at + 1)))
    at = Math.max(end, at + 1)
  }
  return shown
}
