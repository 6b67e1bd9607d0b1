import pc from 'picocolors'
import { table } from '../output.ts'
import { categories, type Category } from './attack.ts'
import type { Outcome } from './run-attacks.ts'

export type Score = {
  readonly category: Category
  readonly refused: number
  readonly attacks: number
  readonly grade: string
}
export type Scorecard = {
  readonly url: string
  readonly seconds: number
  readonly refused: number
  readonly attacks: number
  readonly grade: string
  readonly scores: readonly Score[]
  readonly outcomes: readonly Outcome[]
}

/** A+ for all of them; one that got through is at best an A-, since one is enough. */
export function gradeOf(refused: number, attacks: number): string {
  if (refused === attacks) return 'A+'
  const part = refused / attacks
  return part >= 0.97 ? 'A-' : part >= 0.9 ? 'B' : part >= 0.8 ? 'C' : part >= 0.7 ? 'D' : 'F'
}

export function scorecardOf(url: string, seconds: number, outcomes: readonly Outcome[]): Scorecard {
  const names = Object.keys(categories) as Category[]
  const scores = names.flatMap((category) => {
    const of = outcomes.filter((outcome) => outcome.category === category)
    const refused = of.filter(({ problem }) => problem === undefined).length
    return of.length === 0 ? [] : [{ category, refused, attacks: of.length, grade: gradeOf(refused, of.length) }]
  })
  const refused = outcomes.filter(({ problem }) => problem === undefined).length
  return { url, seconds, refused, attacks: outcomes.length, grade: gradeOf(refused, outcomes.length), scores, outcomes }
}

export function scorecardText({ url, seconds, refused, attacks, grade, scores, outcomes }: Scorecard): string {
  const paint = (text: string): string => (text === 'A+' ? pc.green(text) : pc.red(text))
  const rows = scores.map((score) => [
    categories[score.category], String(score.attacks), String(score.refused), paint(score.grade),
  ]) // prettier-ignore
  const through = outcomes.flatMap(({ category, name, reference, problem }) =>
    problem === undefined ? [] : [`${pc.red('■')} ${categories[category]}: ${name}: ${problem} ${pc.dim(reference)}`],
  )
  return [
    `${pc.bold(url)}  ${pc.dim(`${attacks} attacks in ${seconds.toFixed(1)} s`)}`,
    '',
    table(['ABOUT', 'ATTACKS', 'REFUSED', 'GRADE'], [...rows, ['All', String(attacks), String(refused), paint(grade)]]),
    ...(through.length === 0 ? [] : ['', ...through]),
  ].join('\n')
}
