import { categories, type Attack, type Category } from './attack.ts'
import { bodyAttacks } from './cases/bodies.ts'
import { headerAttacks } from './cases/headers.ts'
import { leakAttacks } from './cases/leaks.ts'
import { limitAttacks } from './cases/limits.ts'
import { originAttacks } from './cases/origins.ts'
import { pathAttacks } from './cases/paths.ts'
import { slowAttacks } from './cases/slow.ts'
import { smugglingAttacks } from './cases/smuggling.ts'
import { streamAttacks } from './cases/streams.ts'
import { tokenAttacks } from './cases/tokens.ts'
import { controlProblem, type Target } from './target.ts'

export type Outcome = Pick<Attack, 'category' | 'name' | 'reference'> & { readonly problem?: string }

const all: Readonly<Record<Category, (target: Target) => Attack[]>> = {
  paths: pathAttacks,
  headers: headerAttacks,
  tokens: tokenAttacks,
  smuggling: smugglingAttacks,
  bodies: bodyAttacks,
  slow: slowAttacks,
  streams: streamAttacks,
  origins: originAttacks,
  limits: limitAttacks,
  leaks: leakAttacks,
}

const atOnceMax = 8
/** These wait for most of their time, and all may wait together. */
const waitingCategory: Category = 'slow'

/** Every attack there is on the target, of the categories that are wanted. */
export const attacksOn = (target: Target, wanted: readonly Category[]): Attack[] =>
  wanted.flatMap((category) => all[category](target))

/**
 * Makes all attacks, a few at a time, and says of each how it ended. Limits come last and alone, since who has run into
 * one is refused whatever he asks; and at the end a good request must still be answered.
 */
export async function runAttacks(
  target: Target,
  wanted: readonly Category[],
  onOutcome: (outcome: Outcome, done: number, total: number) => void,
): Promise<Outcome[]> {
  const attacks = attacksOn(target, wanted)
  const outcomes: Outcome[] = []
  const work = async ({ category, name, reference, attempt }: Attack): Promise<void> => {
    const problem = await attempt(target).catch((error: unknown) => String(error))
    const outcome = { category, name, reference, ...(problem !== undefined && { problem }) }
    outcomes.push(outcome)
    onOutcome(outcome, outcomes.length, attacks.length)
  }
  const waiting = attacks.filter(({ category }) => category === waitingCategory)
  const quick = attacks.filter(({ category }) => category !== waitingCategory && category !== 'limits')
  await Promise.all([each(waiting, waiting.length, work), each(quick, atOnceMax, work)])
  await each(
    attacks.filter(({ category }) => category === 'limits'),
    1,
    work,
  )
  const problem = await controlProblem(target)
  if (problem !== undefined)
    outcomes.push({ category: 'slow', name: 'a good request after all of it', reference: 'CWE-400', problem })
  return inOrder(outcomes, attacks)
}

async function each<Item>(items: readonly Item[], atOnce: number, work: (item: Item) => Promise<void>): Promise<void> {
  const left = items.values()
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
}

/** As the categories come, and within each as the cases are written. */
function inOrder(outcomes: readonly Outcome[], attacks: readonly Attack[]): Outcome[] {
  const names = Object.keys(categories)
  const place = new Map(attacks.map(({ category, name }, at) => [`${category} ${name}`, at]))
  const at = ({ category, name }: Outcome): number => place.get(`${category} ${name}`) ?? attacks.length
  return outcomes.toSorted((a, b) => names.indexOf(a.category) - names.indexOf(b.category) || at(a) - at(b))
}
