/** A place in a file, both counted from 1; in the file that everything begins with unless another is named. */
export type Place = { line: number; column: number; file?: string }

export type Problem = { file: string; line: number; column: number; message: string }

/** What is wrong with a file, each with its place. Reading goes on after a problem, so that all are told at once. */
export type Problems = {
  add(at: Place, message: string): void
  list(): Problem[]
  any(): boolean
}

/** More than this help nobody; the rest shows after these are mended. */
const problemsMax = 100

export function collectProblems(file: string): Problems {
  const found: Problem[] = []
  const seen = new Set<string>()
  return {
    add({ line, column, file: named = file }, message) {
      const key = `${named}:${line}:${column} ${message}`
      if (seen.has(key) || found.length >= problemsMax) return
      seen.add(key)
      found.push({ file: named, line, column, message })
    },
    list: () =>
      found.toSorted(
        (left, right) =>
          order(left, file) - order(right, file) ||
          left.file.localeCompare(right.file) ||
          left.line - right.line ||
          left.column - right.column,
      ),
    any: () => found.length > 0,
  }
}

/** The file that one has open comes first. */
const order = ({ file }: Problem, first: string): number => (file === first ? 0 : 1)
