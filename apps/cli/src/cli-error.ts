import { exitCode } from './exit-codes.ts'

/** Something that the user can mend, with the exit code that says what kind it is. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exit: number
  constructor(message: string, exit: number = exitCode('failed')) {
    super(message)
    this.exit = exit
  }
}
