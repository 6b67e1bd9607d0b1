import pc from 'picocolors'
import { table } from './output.ts'
import type { Api } from './session.ts'

type Plan = Awaited<ReturnType<Api['planDatabase']>>
export type Finding = Plan['findings'][number]
type Difference = Plan['changes'][number]

const marks = { error: pc.red('■ error'), warning: pc.yellow('▲ warning') } as const

/** `file:line:column`, the rule, what is wrong, why that hurts and what to write in its place. */
export const findingLines = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ file, line, column, severity, rule, message, why, remedy, ignored }) => {
    const place = `${file}:${line}:${column}`
    if (ignored !== undefined) return [pc.dim(`${place} ignored ${rule}: ${ignored}`)]
    return [
      `${pc.bold(place)} ${marks[severity]} ${pc.dim(rule)}`,
      `  ${message}`,
      `  ${pc.dim(`why:    ${why}.`)}`,
      `  ${pc.dim(`remedy: ${remedy}`)}`,
    ]
  })

/** As a diff: what was, what is. */
export const differenceLines = (differences: readonly Difference[]): string[] =>
  differences.flatMap(({ path, what, before, after }) => [
    ...(before === undefined ? [] : [pc.red(`- ${what} ${path}: ${before}`)]),
    ...(after === undefined ? [] : [pc.green(`+ ${what} ${path}: ${after}`)]),
  ])

const phases = { expand: pc.green('expand'), backfill: pc.blue('backfill'), contract: pc.yellow('contract') } as const

export function planLines({ statements, findings, advice, changes, refusals, environment, dryRun }: Plan): string[] {
  const work = ({ rewrites, scans }: Plan['statements'][number]): string =>
    rewrites ? 'writes all rows' : scans ? 'reads all rows' : '-'
  const rows = statements.map((one) => [
    phases[one.phase],
    `${one.file}:${one.line}`,
    one.lock === 'NONE' ? '-' : one.lock,
    one.blocks === 'nothing' ? '-' : one.blocks,
    work(one),
    one.statement.length > 60 ? `${one.statement.slice(0, 59)}…` : one.statement,
  ])
  const where = environment === undefined ? 'an empty database' : environment
  return [
    ...(rows.length === 0
      ? [`Nothing is pending in ${where}.`]
      : [table(['PHASE', 'PLACE', 'LOCK', 'BLOCKS', 'WORK', 'STATEMENT'], rows)]),
    ...(changes.length === 0 ? [] : ['', ...differenceLines(changes)]),
    ...(findings.length === 0 ? [] : ['', ...findingLines(findings)]),
    ...(advice.length === 0 ? [] : ['', ...advice.map((text) => `${pc.blue('i')} ${text}`)]),
    '',
    ...refusals.map(({ path, message }) => `${pc.red('■')} ${pc.bold(path)} ${message}`),
    refusals.length > 0
      ? `${pc.red('■')} it would be refused in ${where}`
      : `${pc.green('●')} it can be applied to ${where} ${pc.dim(`(tried in ${dryRun.durationMs} ms)`)}`,
  ]
}
