import type { Attack, Category, Row } from './attack.ts'
import { judge } from './verdict.ts'
import { converse } from './wire.ts'

/** Attacks of one category from a table of what is sent and how it must be answered. */
export const refused = (category: Category, rows: readonly Row[]): Attack[] =>
  rows.map(([name, reference, pieces, expectation]) => ({
    category,
    name,
    reference,
    attempt: async (target) => {
      const { deadlineMs, untilClosed } = expectation
      const heard = await converse(target, typeof pieces === 'string' ? [pieces] : pieces, {
        ...(deadlineMs !== undefined && { deadlineMs }),
        ...(untilClosed !== undefined && { untilClosed }),
      })
      return judge(heard, expectation)
    },
  }))
