import { changeLines, parsePolicy } from '@plinth/access'
import type { PolicyProblem } from '@plinth/contracts'
import { AppError, type Identity } from '@plinth/kernel'
import type { Static } from 'typebox'
import { linkKey } from '../policy/rows.ts'
import { badLinks, guardProblems, type RowProblem } from './checks.ts'
import type { ChangeParts } from './view.ts'
import { editOfText } from './wanted-edit.ts'

type FoundProblem = Static<typeof PolicyProblem>

/** A whole policy text, as it is written: every problem in its place, and what it would change. Nothing is stored. */
export async function validatePolicy({ store, policy, clock }: ChangeParts, who: Identity, csv: string) {
  const { problems: textProblems, freezes = [] } = parsePolicy(csv)
  const problems: FoundProblem[] = [...textProblems]
  if (freezes.length > 0) {
    const message = 'freezes are set and lifted for themselves; their rows are passed over here'
    problems.push({ severity: 'warning', message })
  }
  const nothing = { added: [], removed: [] }
  if (hasErrors(problems)) return { valid: false, problems, diff: nothing }
  const index = await policy.current()
  const current = index.policySet()
  try {
    const edit = editOfText(csv, current, clock.now())
    const lines = linesOf(csv)
    for (const problem of await badLinks(store.db, edit, current)) problems.push(located(problem, lines))
    problems.push(...(await guardProblems(store.db, index, who, edit)))
    return { valid: !hasErrors(problems), problems, diff: changeLines(edit) }
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'unprocessable') throw error
    const found = error.problems.map(({ path, message }) =>
      located({ row: path.replace(/\/[a-z]+$/, ''), message }, linesOf(csv)),
    )
    problems.push(...(found.length > 0 ? found : [{ severity: 'error' as const, message: error.publicDetail }]))
    return { valid: false, problems, diff: nothing }
  }
}

const hasErrors = (problems: readonly FoundProblem[]): boolean => problems.some(({ severity }) => severity === 'error')

type Place = { line: number; column: number; endColumn: number }

/** Where each link stands, by its subject, role and domain. */
function linesOf(csv: string): Map<string, Place> {
  const places = new Map<string, Place>()
  for (const [index, text] of csv.split(/\r?\n/).entries()) {
    const [type, subject = '', role = '', domain = ''] = text.split(',').map((field) => field.trim())
    if (type !== 'g' && type !== 'g2') continue
    const column = text.length - text.trimStart().length + 1
    places.set(linkKey({ subject, role, domain }), { line: index + 1, column, endColumn: text.trimEnd().length + 1 })
  }
  return places
}

function located({ row, message }: RowProblem, lines: ReadonlyMap<string, Place>): FoundProblem {
  const key = row.split(/ (?:until|if) /)[0] ?? row
  return { ...lines.get(key), severity: 'error', message: `${row} ${message}` }
}
