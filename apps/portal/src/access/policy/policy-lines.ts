/** A line of policy.csv as one reads it: its type, its fields. */
export type PolicyLine = { text: string; type: string; fields: readonly string[] }

export function readLine(text: string): PolicyLine {
  const [type = '', ...fields] = text.split(',').map((field) => field.trim())
  return { text, type, fields }
}

export type DiffRow = { removed?: PolicyLine; added?: PolicyLine }

/** How many fields two rows of one type have in common; the subject weighs most, since one reads by it. */
function likeness(one: PolicyLine, other: PolicyLine): number {
  if (one.type !== other.type) return -1
  const same = one.fields.filter((field, index) => field === other.fields[index]).length
  return same + (one.fields[0] === other.fields[0] ? 2 : 0)
}

/** Half of a rule's five fields besides the subject: less alike, and the two have nothing to do with each other. */
const likenessMin = 4

/**
 * Puts what was removed beside what came in its place, so that a changed row reads as one row. What has no partner
 * stands alone; all in the order of types and subjects.
 */
export function pairLines(removed: readonly string[], added: readonly string[]): readonly DiffRow[] {
  const left = removed.map(readLine)
  const byGroup = Map.groupBy(left, ({ type, fields }) => `${type} ${fields[0] ?? ''}`)
  const taken = new Set<PolicyLine>()
  const rows: DiffRow[] = []
  for (const text of added) {
    const line = readLine(text)
    const group = byGroup.get(`${line.type} ${line.fields[0] ?? ''}`) ?? []
    const [best] = group
      .filter((one) => !taken.has(one))
      .map((one) => ({ one, score: likeness(one, line) }))
      .toSorted((a, b) => b.score - a.score)
    if (best && best.score >= likenessMin) {
      taken.add(best.one)
      rows.push({ removed: best.one, added: line })
    } else rows.push({ added: line })
  }
  for (const one of left) if (!taken.has(one)) rows.push({ removed: one })
  const key = ({ removed: gone, added: come }: DiffRow): string => (gone ?? come)?.text ?? ''
  return rows.toSorted((a, b) => key(a).localeCompare(key(b)))
}

const isRow = (line: string): boolean => line.trim() !== '' && !line.trim().startsWith('#')
const canonical = (line: string): string => line.split(',').map((field) => field.trim()).join(', ') // prettier-ignore

/** What a text has that another lacks, as lines; comments and order aside. */
export function linesBetween(before: string, after: string): { added: string[]; removed: string[] } {
  const rowsOf = (text: string): string[] => [...new Set(text.split('\n').filter(isRow).map(canonical))]
  const from = rowsOf(before)
  const to = rowsOf(after)
  const [were, are] = [new Set(from), new Set(to)]
  return { added: to.filter((row) => !were.has(row)), removed: from.filter((row) => !are.has(row)) }
}

/** The text without what was removed and with what was added: how somebody's lines come along to a newer text. */
export function applyLines(
  text: string,
  { added, removed }: { added: readonly string[]; removed: readonly string[] },
): string {
  const gone = new Set(removed.map(canonical))
  const lines = text.split('\n').filter((line) => !isRow(line) || !gone.has(canonical(line)))
  const there = new Set(lines.filter(isRow).map(canonical))
  const fresh = added.map(canonical).filter((line) => !there.has(line))
  const body = lines.join('\n').replace(/\n+$/, '')
  return `${[body, ...fresh].filter((part) => part !== '').join('\n')}\n`
}
