import { sqlState } from '@plinth/store'

/** A unique key that is taken, or a row that came or went which others refer to: somebody else was there in between. */
const overtaken = new Set(['23505', '23503'])
export const isOvertaken = (error: unknown): boolean => overtaken.has(sqlState(error) ?? '')

const attemptsMax = 5

/** Does work, which leaves nothing behind where it fails, once more where another subject's doing came in between. */
export async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === attemptsMax || !isOvertaken(error)) throw error
    }
  }
}
