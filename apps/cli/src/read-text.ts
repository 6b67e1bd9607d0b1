import { readFileSync } from 'node:fs'
import { exitCode } from './exit-codes.ts'
import { CliError } from './cli-error.ts'

/** A file that the command line names, `-` for standard input. */
export function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new CliError(`${file} can't be read: ${error instanceof Error ? error.message : ''}`, exitCode('usage'))
  }
}
