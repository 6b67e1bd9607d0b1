import { projectPath, ReportError } from './report-error.ts'

export type CoverageCounts = {
  linesCovered: number
  linesTotal: number
  branchesCovered: number
  branchesTotal: number
}
export type FileCoverage = CoverageCounts & { path: string }

const limits = { files: 20_000, lines: 1_000_000 }

type Tallied = {
  /** Whether the line was run, by its number. */
  lines: Map<number, boolean>
  branches: Map<number, { covered: number; total: number }>
  /** Where a report tells no lines: what it says of the file. */
  told: CoverageCounts
}

export const noCoverage = (): CoverageCounts => ({
  linesCovered: 0,
  linesTotal: 0,
  branchesCovered: 0,
  branchesTotal: 0,
})

/**
 * Brings the coverage of several reports together by file and line: a line that one of two shards ran is covered, and a
 * line that a report names twice (of a method and of its class) counts once.
 */
export class CoverageTally {
  private readonly byPath = new Map<string, Tallied>()
  private lines = 0

  line(path: string, line: number, isCovered: boolean): void {
    if (!Number.isSafeInteger(line) || line < 1) return
    const { lines } = this.file(path)
    const before = lines.get(line)
    if (before === undefined && ++this.lines > limits.lines)
      throw new ReportError(`it has more than ${limits.lines} lines of code`)
    lines.set(line, before === true || isCovered)
  }

  /** Of a line with branches: how many there are and how many were taken; of two reports the better one counts. */
  branch(path: string, line: number, covered: number, total: number): void {
    if (!Number.isSafeInteger(line) || !isCount(total) || !isCount(covered) || total === 0) return
    const { branches } = this.file(path)
    const before = branches.get(line) ?? { covered: 0, total: 0 }
    branches.set(line, {
      covered: Math.max(before.covered, Math.min(covered, total)),
      total: Math.max(before.total, total),
    })
  }

  /** What a report says of a file as a whole; counts only where no report tells its lines. */
  told(path: string, { linesCovered, linesTotal, branchesCovered, branchesTotal }: CoverageCounts): void {
    const { told } = this.file(path)
    if (isCount(linesTotal) && isCount(linesCovered)) {
      told.linesTotal = Math.max(told.linesTotal, linesTotal)
      told.linesCovered = Math.max(told.linesCovered, Math.min(linesCovered, linesTotal))
    }
    if (isCount(branchesTotal) && isCount(branchesCovered)) {
      told.branchesTotal = Math.max(told.branchesTotal, branchesTotal)
      told.branchesCovered = Math.max(told.branchesCovered, Math.min(branchesCovered, branchesTotal))
    }
  }

  files(): FileCoverage[] {
    return [...this.byPath].map(([path, { lines, branches, told }]) => ({
      path,
      linesCovered: lines.size === 0 ? told.linesCovered : [...lines.values()].filter(Boolean).length,
      linesTotal: lines.size === 0 ? told.linesTotal : lines.size,
      branchesCovered: branches.size === 0 ? told.branchesCovered : sum([...branches.values()].map((each) => each.covered)),
      branchesTotal: branches.size === 0 ? told.branchesTotal : sum([...branches.values()].map((each) => each.total)),
    }))
  } // prettier-ignore

  private file(name: string): Tallied {
    const path = projectPath(name)
    const known = this.byPath.get(path)
    if (known !== undefined) return known
    if (this.byPath.size >= limits.files) throw new ReportError(`it has more than ${limits.files} files`)
    const made = { lines: new Map(), branches: new Map(), told: noCoverage() }
    this.byPath.set(path, made)
    return made
  }
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && value <= 100_000_000
/** What the database can hold is the most that it comes to. */
const sum = (numbers: readonly number[]): number =>
  Math.min(
    numbers.reduce((total, each) => total + each, 0),
    2_147_483_647,
  )

export function totalCoverage(files: readonly CoverageCounts[]): CoverageCounts {
  const total = noCoverage()
  for (const file of files) {
    total.linesCovered += file.linesCovered
    total.linesTotal += file.linesTotal
    total.branchesCovered += file.branchesCovered
    total.branchesTotal += file.branchesTotal
  }
  return total
}

/** Covered lines in percent with two decimals, rounded down: 100 means all of them. */
export const percentOf = ({ linesCovered, linesTotal }: CoverageCounts): number =>
  linesTotal === 0 ? 0 : Math.floor((linesCovered * 10_000) / linesTotal) / 100
