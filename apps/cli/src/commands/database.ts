import type { Command } from 'commander'
import pc from 'picocolors'
import { AppError, pause, type Problem } from '@plinth/kernel'
import { exitCode } from '../exit-codes.ts'
import { liveLine } from '../follow.ts'
import { folderDefault, migrationFiles } from '../migration-files.ts'
import { ago, count, show, state, table, type Output } from '../output.ts'
import { patiently } from '../patience.ts'
import { CliError } from '../cli-error.ts'
import { connect, type Api } from '../session.ts'
import { projectFrom, targetFrom } from '../target.ts'
import { differenceLines, findingLines, planLines, type Finding } from '../database-text.ts'

type Run = Awaited<ReturnType<Api['getDatabaseRun']>>
type PlanOptions = { environment?: string; migrations: string; resource?: string }
type ApplyOptions = PlanOptions & { environment: string; phase: string; wait: boolean; revision?: string }

const pollMs = 300
const waitMs = 30 * 60_000

export function databaseCommands(program: Command, output: () => Output): void {
  const database = program
    .command('database')
    .description('schemas of databases: lint and plan migrations, apply them, see drift')
  lintCommand(database, output)
  planCommand(database, output)
  applyCommand(database, output)
  driftCommand(database, output)
  statusCommand(database, output)
}

const targeted = (database: Command, name: string, description: string): Command =>
  database
    .command(`${name} [component]`)
    .description(description)
    .option('--migrations <folder>', 'where the migrations are', folderDefault)
    .option('--resource <name>', 'which database, where score.yaml has several')

const ofResource = (resource: string | undefined): { resource?: string } => (resource === undefined ? {} : { resource })

function lintCommand(database: Command, output: () => Output): void {
  database
    .command('lint [files...]')
    .description(`judge migrations by PostgreSQL's own grammar, without a server; exit 1 where one must not be applied`)
    .option('--from <number>', 'judge only files from this number on; those before are history')
    .action(async (paths: string[], { from = '0' }: { from?: string }) => {
      // Only here: the grammar is two megabytes that no other command needs.
      const { errorsOf, lint, mustFindRule, readMigrations } = await import('@plinth/sql')
      if (!/^\d{1,4}$/.test(from)) throw new CliError('--from is the number of a file.', exitCode('usage'))
      const { files, shown } = migrationFiles(paths)
      const migrations = await readMigrations(files).catch((error: unknown) => {
        if (error instanceof AppError && error.problems.length > 0) return unreadable(error.problems, shown)
        throw error
      })
      if (!Array.isArray(migrations)) {
        const { findings } = migrations
        show(output(), { files: files.length, errors: findings.length, findings }, () =>
          findingLines(findings).join('\n'),
        )
        process.exitCode = exitCode('failed')
        return
      }
      const known = new Set(migrations.filter(({ number }) => number < Number(from)).map(({ name }) => name))
      const found = lint(migrations, { known })
      const findings = found.map((finding): Finding => ({
        ...finding,
        file: shown.get(finding.file) ?? finding.file,
        why: mustFindRule(finding.rule).what,
      }))
      const errors = errorsOf(found).length
      show(output(), { files: files.length, errors, findings }, () =>
        [
          ...findingLines(findings),
          errors > 0
            ? `${pc.red('■')} ${count(errors, 'error')} in ${count(files.length, 'file')}`
            : `${pc.green('●')} ${count(files.length, 'file')} without an error`,
        ].join('\n'),
      )
      if (errors > 0) process.exitCode = exitCode('failed')
    })
}

/** What is no SQL, or has no number, as findings of its own. */
const unreadable = (problems: readonly Problem[], shown: ReadonlyMap<string, string>): { findings: Finding[] } => ({
  findings: problems.map(({ path, message }) => {
    const [file = path, line = '1', column = '1'] = path.split(':')
    return {
      rule: 'syntax', severity: 'error', file: shown.get(file) ?? file, line: Number(line), column: Number(column), message,
      why: 'PostgreSQL would refuse it', remedy: 'Mend it.',
    }
  }),
}) // prettier-ignore

function planCommand(database: Command, output: () => Output): void {
  targeted(database, 'plan', 'try migrations in a database of their own: locks, phases, who would break; exit 1 where they would be refused') // prettier-ignore
    .option('--environment <name>', 'what is pending there; without it, all of them on an empty database')
    .action(async (component: string | undefined, { environment, migrations, resource }: PlanOptions) => {
      const target = targetFrom(component)
      const plan = await patiently(() =>
        connect().planDatabase({
          params: target,
          body: {
            migrations: migrationFiles([migrations]).files,
            ...(environment !== undefined && { environment }),
            ...ofResource(resource),
          },
        }),
      )
      show(output(), plan, () => planLines(plan).join('\n'))
      if (plan.refusals.length > 0) process.exitCode = exitCode('failed')
    })
}

function applyCommand(database: Command, output: () => Output): void {
  targeted(database, 'apply', 'apply what is pending in an environment, and wait for it')
    .requiredOption('--environment <name>', 'where')
    .option('--phase <phase>', '`expand`: leave the first contract step and all after it for later', 'all')
    .option('--revision <commit>', 'code of this commit fits these migrations (CI_COMMIT_SHA in a job)')
    .option('--no-wait', 'do not wait for the end')
    .action(async (component: string | undefined, options: ApplyOptions) => {
      const { environment, migrations, resource, phase, wait } = options
      if (phase !== 'expand' && phase !== 'all') throw new CliError('--phase is expand or all.', exitCode('usage'))
      const params = { ...targetFrom(component), environment }
      const revision = options.revision ?? process.env['CI_COMMIT_SHA']
      const api = connect()
      const started = await patiently(() =>
        api.applyDatabase({
          params,
          body: {
            migrations: migrationFiles([migrations]).files,
            phase,
            ...ofResource(resource),
            ...(revision !== undefined && { revision }),
          },
        }),
      )
      const run = wait ? await ended(api, started) : started
      show(output(), run, () => runLines(run).join('\n'))
      if (run.state === 'failed') process.exitCode = exitCode('failed')
    })
}

const isOpen = ({ state: now }: Run): boolean => now === 'queued' || now === 'running'

async function ended(api: Api, started: Run): Promise<Run> {
  const { project, environment, component, id: run } = started
  const line = liveLine()
  try {
    let now = started
    for (const deadline = Date.now() + waitMs; isOpen(now) && Date.now() < deadline; await pause(pollMs)) {
      now = await patiently(() => api.getDatabaseRun({ params: { project, environment, component, run } }))
      const done = now.migrations.filter(({ applied }) => applied).length
      line.set(`  ${state(now.state)} ${done}/${now.migrations.length} ${pc.dim(now.detail ?? '')}`)
    }
    if (isOpen(now))
      throw new CliError(
        `${run} is not done after ${waitMs / 60_000} minutes; \`plinth database status\` shows how it stands.`,
      )
    return now
  } finally {
    line.end()
  }
}

function runLines({
  state: now,
  migrations,
  held,
  detail,
  environment,
  schemaVersion,
  component,
  resource,
}: Run): string[] {
  const rows = migrations.map(({ name, applied, durationMs }) => [
    applied ? `${pc.green('●')} ${name}` : `${pc.dim('◌')} ${name}`,
    durationMs === undefined ? '-' : `${durationMs} ms`,
  ])
  const done = migrations.filter(({ applied }) => applied).length
  return [
    ...(rows.length === 0 ? [] : [table(['MIGRATION', 'TOOK'], rows)]),
    ...held.map(
      (name) => `${pc.yellow('▲')} ${name} is left for later: it takes away or narrows, or comes after one that does`,
    ),
    now === 'failed'
      ? `${pc.red('■')} ${environment}: ${detail ?? 'failed'}`
      : `${now === 'succeeded' ? pc.green('●') : pc.blue('◐')} ${environment}: ${migrations.length === 0 ? 'nothing to apply' : `${done} of ${count(migrations.length, 'migration')} applied`} ${pc.dim(`${component}.${resource} version ${schemaVersion}`)}`,
  ]
}

function driftCommand(database: Command, output: () => Output): void {
  database
    .command('drift [component]')
    .description('how a live database differs from what its migrations make; exit 1 where it does')
    .requiredOption('--environment <name>', 'where')
    .option('--resource <name>', 'which database, where score.yaml has several')
    .action(
      async (component: string | undefined, { environment, resource }: { environment: string; resource?: string }) => {
        const drift = await patiently(() =>
          connect().getDatabaseDrift({
            params: { ...targetFrom(component), environment },
            query: ofResource(resource),
          }),
        )
        const { subject, differences } = drift
        const ends = {
          none: `${pc.green('●')} ${subject} in ${environment} is what its migrations make`,
          unknown: `${pc.dim('?')} ${subject} in ${environment}: no migrations of it are known`,
          drifted: `${pc.red('■')} ${subject} in ${environment} differs in ${count(differences.length, 'place')} from what its migrations make`,
        }
        show(output(), drift, () => [...differenceLines(differences), ends[drift.drift]].join('\n'))
        if (drift.drift === 'drifted') process.exitCode = exitCode('failed')
      },
    )
}

function statusCommand(database: Command, output: () => Output): void {
  database
    .command('status [component]')
    .description('which migrations are where, and what drifts')
    .option('--project <name>')
    .action(async (component: string | undefined, options: { project?: string }) => {
      const named = component === undefined ? undefined : targetFrom(component)
      const list = await patiently(() =>
        connect().listDatabases({
          params: { project: named?.project ?? projectFrom(options.project) },
          query: named === undefined ? {} : { component: named.component },
        }),
      )
      show(output(), list, ({ items }) =>
        table(
          ['DATABASE', 'ENVIRONMENT', 'MIGRATIONS', 'LAST', 'VERSION', 'DRIFT', 'RUN', 'CHANGED'],
          items.map((one) => [
            one.subject,
            one.environment,
            String(one.migrations),
            one.last ?? '-',
            one.schemaVersion === undefined ? '-' : String(one.schemaVersion),
            one.drift === 'drifted'
              ? pc.red(`■ ${one.differences}`)
              : one.drift === 'none'
                ? pc.green('● none')
                : pc.dim('? unknown'),
            one.run?.state ?? '-',
            ago(one.updatedAt),
          ]),
        ),
      )
    })
}
