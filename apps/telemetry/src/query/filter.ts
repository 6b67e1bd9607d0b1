import { bind, type Parameters } from '../engine/bind.ts'
import { nanoseconds, type Range } from './moments.ts'

export type Condition = { sql: string; parameters: Parameters }

/** One condition with its values, or none when the filter is not asked for. */
export const when = <T>(value: T | undefined, sql: string, parameters: (value: T) => Parameters): Condition[] =>
  value === undefined ? [] : [{ sql, parameters: parameters(value) }]

/** Every query begins with the project: no row of another one can come out. */
export const inProject = (project: string): Condition => ({
  sql: 'project = {project:String}',
  parameters: { project },
})

export const inPlace = (query: { environment?: string; workload?: string }): Condition[] => [
  ...when(query.environment, 'environment = {environment:String}', (environment) => ({ environment })),
  ...when(query.workload, 'workload = {workload:String}', (workload) => ({ workload })),
]

export const inRange = (column: 'time' | 'start' | 'at', { sinceMs, untilMs }: Range): Condition[] => [
  { sql: `${column} >= fromUnixTimestamp64Nano({since:Int64}, 'UTC')`, parameters: { since: nanoseconds(sinceMs) } },
  ...when(untilMs, `${column} < fromUnixTimestamp64Nano({until:Int64}, 'UTC')`, (ms) => ({ until: nanoseconds(ms) })),
]

/** The conditions joined and their values put in. */
export const where = (conditions: readonly Condition[]): string =>
  conditions.map(({ sql, parameters }) => `(${bind(sql, parameters)})`).join(' AND ')
