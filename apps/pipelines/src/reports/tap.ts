import { linesOf } from './lines.ts'
import { caseLimits, unreadCase, wholeMs, type ReportCase } from './report-case.ts'
import { clean, ReportError } from './report-error.ts'

const levelsMax = 16
const point = /^(not )?ok\b(?: +(\d{1,9})\b)?(?: +(?:- +)?(.*))?$/
const plan = /^1\.\.(\d{1,9})(?:\s*#\s*skip\b.*)?\s*$/i
const directive = /(?:^|[^\\])#\s*(skip\w*|todo)\b[\s:]*(.*)$/i

/** Whether a document looks like the Test Anything Protocol and not like XML. */
export const isTap = (document: string): boolean =>
  /^\s*(?:TAP version \d+|1\.\.\d+|(?:not )?ok\b|# Subtest)/i.test(document.slice(0, 4_096))

/**
 * Reads a report of the Test Anything Protocol, versions 12 to 14, as a stream of lines. A subtest's point is no case of
 * its own but the suite of those inside, unless it failed and none of them did. `not ok` with TODO is a failure that is
 * expected and counts as skipped. Tests that were planned and did not run, and a bail-out, are cases of status `error`.
 */
export function readTap(document: string, label: string): ReportCase[] {
  const reader = new TapReader()
  try {
    for (const line of linesOf(document)) reader.line(line)
    reader.end()
    return reader.cases()
  } catch (error) {
    return [...reader.cases(), unreadCase(label, error)]
  }
}

type Found = { entry: ReportCase; path: string[] }
/** What was read at one indentation since the last point of the level above. */
type Level = { found: Found[]; points: number; planned: number | undefined }

const emptyLevel = (): Level => ({ found: [], points: 0, planned: undefined })

class TapReader {
  private readonly levels: Level[] = [emptyLevel()]
  private count = 0
  private last: ReportCase | undefined
  private block: { indent: number; text: string } | undefined
  private isBailedOut = false

  line(line: string): void {
    if (this.block !== undefined) return this.inBlock(line)
    if (this.isBailedOut) return
    const text = line.trimStart()
    const indent = line.length - text.length
    if (text.trimEnd() === '---' && this.last !== undefined) {
      this.block = { indent, text: '' }
      return
    }
    // Four spaces a level; two of them belong to a block of YAML, which is taken above.
    const depth = Math.floor(indent / 4)
    if (text.startsWith('Bail out!')) this.bailOut(text.slice(9).trim())
    else if (point.test(text)) this.point(depth, text)
    else if (plan.test(text)) this.level(depth).planned = Number(plan.exec(text)?.[1] ?? 0)
  }

  end(): void {
    const top = this.level(0)
    if (top.points === 0 && top.planned === undefined) throw new ReportError('it has neither a plan nor a test')
    if (top.planned !== undefined && top.points < top.planned && !this.isBailedOut)
      this.add(top, problem('plan', `${top.planned} tests were planned and ${top.points} run`))
  }

  cases(): ReportCase[] {
    return this.levels.flatMap(({ found }) => found).map(({ entry, path }) => {
      const suite = clean(path.join(' > '), caseLimits.nameChars)
      return { ...entry, suite: suite === '' ? entry.suite : suite }
    }) // prettier-ignore
  }

  private level(depth: number): Level {
    if (depth >= levelsMax) throw new ReportError(`it is nested deeper than ${levelsMax} subtests`)
    while (this.levels.length <= depth) this.levels.push(emptyLevel())
    return this.levels[depth] ?? emptyLevel()
  }

  private point(depth: number, text: string): void {
    const level = this.level(depth)
    const entry = caseOf(text, ++level.points)
    const inside = this.levels.splice(depth + 1)
    const children = inside.flatMap(({ found }) => found)
    for (const child of children) child.path.unshift(entry.name)
    level.found.push(...children)
    this.last = entry
    const isTold = children.length > 0 && (entry.status !== 'failed' || children.some((each) => isFailed(each.entry)))
    if (!isTold) this.add(level, entry)
  }

  private add(level: Level, entry: ReportCase): void {
    if (++this.count > caseLimits.cases) throw new ReportError(`it has more than ${caseLimits.cases} cases`)
    level.found.push({ entry, path: [] })
  }

  private bailOut(why: string): void {
    this.isBailedOut = true
    this.add(this.level(0), problem('bail out', why === '' ? 'the tests were given up' : why))
  }

  private inBlock(line: string): void {
    const { block, last } = this
    if (block === undefined || last === undefined) return
    if (line.trim() !== '...') {
      if (block.text.length < caseLimits.messageChars) block.text += `${line.slice(block.indent)}\n`
      return
    }
    this.block = undefined
    const [, duration] = /^duration_ms: *([\d.]{1,20})/m.exec(block.text) ?? []
    if (duration !== undefined) last.durationMs = wholeMs(Number(duration))
    if (isFailed(last)) last.message = clean(block.text.trimEnd(), caseLimits.messageChars)
  }
}

const isFailed = ({ status }: ReportCase): boolean => status === 'failed' || status === 'error'

const problem = (name: string, message: string): ReportCase => ({ suite: 'TAP', name, status: 'error', durationMs: 0, message: clean(message, caseLimits.messageChars) }) // prettier-ignore

function caseOf(text: string, nth: number): ReportCase {
  const [, not, number, description = ''] = point.exec(text) ?? []
  const [whole = '', kind, why = ''] = directive.exec(description) ?? []
  const named =
    kind === undefined ? description : description.slice(0, description.length - whole.replace(/^[^#]/, '').length)
  const name = clean(named.trim().replaceAll(/\\([\\#])/g, '$1'), caseLimits.nameChars)
  const isSkipped = kind !== undefined && (/^skip/i.test(kind) || not !== undefined)
  return {
    suite: 'TAP',
    name: name === '' ? `test ${number ?? nth}` : name,
    status: isSkipped ? 'skipped' : not === undefined ? 'passed' : 'failed',
    durationMs: 0,
    ...(kind !== undefined && why !== '' && { message: clean(why.trim(), caseLimits.messageChars) }),
  }
}
