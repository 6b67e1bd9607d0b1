/** Why a report is not taken; the message goes on from "it could not be read: ". */
export class ReportError extends Error {
  override readonly name = 'ReportError'
}

/** NUL has no place in the database, and half of a character none in JSON; the rest is text and stays it. */
export const clean = (text: string, charsMax: number): string =>
  text.slice(0, charsMax).replaceAll('\0', '').toWellFormed()

/** A path inside of the project as reports have it: forward slashes, no `./`, and without the folder it was built in. */
export function projectPath(text: string): string {
  const path = clean(text, 1_000)
    .replaceAll('\\', '/')
    .replace(/^file:\/\//, '')
  return path.replace(/^\/builds\/[^/]+\/[^/]+\//, '').replace(/^(?:\.\/)+/, '')
}
