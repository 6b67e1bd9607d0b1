import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { NamedSql } from '@plinth/sql'
import { exitCode } from './exit-codes.ts'
import { readText } from './read-text.ts'
import { CliError } from './cli-error.ts'

export const folderDefault = 'migrations'
const filesMax = 1_000

/** The files of folders (`*.sql`, in order) and files that were named; `shown` is how to name them to a person. */
export function migrationFiles(paths: readonly string[]): { files: NamedSql[]; shown: ReadonlyMap<string, string> } {
  const found = (paths.length === 0 ? [folderDefault] : paths).flatMap((path) => {
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
    return isFolder
      ? readdirSync(path)
          .filter((name) => name.endsWith('.sql'))
          .toSorted()
          .map((name) => join(path, name))
      : [path]
  })
  if (found.length === 0 || found.length > filesMax)
    throw new CliError(
      `${paths.join(', ') || folderDefault} has ${found.length} files of migrations.`,
      exitCode('usage'),
    )
  const shown = new Map(found.map((path) => [basename(path), path]))
  if (shown.size < found.length) throw new CliError('Two of the files have the same name.', exitCode('usage'))
  return { files: found.map((path) => ({ name: basename(path), text: readText(path) })), shown }
}
