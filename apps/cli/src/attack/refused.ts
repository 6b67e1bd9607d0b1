import { pause } from '@plinth/kernel'
import type { Attack, Category, Row } from './attack.ts'
import { fieldOf } from './answers.ts'
import { codeOf, judge } from './verdict.ts'
import { converse, type ConverseOptions, type Heard, type Piece } from './wire.ts'
import type { Place } from './target.ts'

/** A platform that is overloaded refuses everybody, which proves nothing: it is asked again when it says. */
const overloadTriesMax = 3
const overloadWaitMsMax = 10_000

async function converseInPeace(place: Place, pieces: readonly Piece[], options: ConverseOptions): Promise<Heard> {
  for (let tries = 1; ; tries++) {
    const heard = await converse(place, pieces, options)
    const [answer] = heard.answers
    if (answer?.status !== 503 || codeOf(answer) !== 'gateway.overloaded' || tries === overloadTriesMax) return heard
    await pause(Math.min(overloadWaitMsMax, Number(fieldOf(answer, 'retry-after') ?? 1) * 1_000))
  }
}

/** Attacks of one category from a table of what is sent and how it must be answered. */
export const refused = (category: Category, rows: readonly Row[]): Attack[] =>
  rows.map(([name, reference, pieces, expectation]) => ({
    category,
    name,
    reference,
    attempt: async (target) => {
      const { deadlineMs, untilClosed } = expectation
      const heard = await converseInPeace(target, typeof pieces === 'string' ? [pieces] : pieces, {
        ...(deadlineMs !== undefined && { deadlineMs }),
        ...(untilClosed !== undefined && { untilClosed }),
      })
      return judge(heard, expectation)
    },
  }))
