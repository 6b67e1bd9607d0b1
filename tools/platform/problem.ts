/** Something that keeps the platform from starting, said so that a newcomer can mend it. */
export class StartProblem extends Error {
  override readonly name = 'StartProblem'
  readonly remedy: string
  constructor(what: string, remedy: string, cause?: unknown) {
    super(what, cause === undefined ? undefined : { cause })
    this.remedy = remedy
  }
}
