import { clean, ReportError } from './report-error.ts'

const linesMax = 1_000_000
const lineCharsMax = 20_000

/** The lines of a document one after another, without their ends; of a longer one its beginning. Throws ReportError for too many. */
export function* linesOf(document: string): Generator<string> {
  let count = 0
  for (let start = 0; start < document.length;) {
    if (++count > linesMax) throw new ReportError(`it has more than ${linesMax} lines`)
    const found = document.indexOf('\n', start)
    const end = found === -1 ? document.length : found
    const stop = document.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end
    yield clean(document.slice(start, Math.min(stop, start + lineCharsMax)), lineCharsMax)
    start = end + 1
  }
}
