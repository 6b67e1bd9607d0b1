import { closeSync, openSync, writeSync } from 'node:fs'
import type { Command } from 'commander'
import pc from 'picocolors'
import { exitCode } from '../exit-codes.ts'
import { count, show, type Output } from '../output.ts'
import { readText } from '../read-text.ts'
import type { Collection, Difference } from '../schema-transfer/collection.ts'
import { readForeign } from '../schema-transfer/foreign-registry.ts'
import { readHere, runImport, type ImportReport } from '../schema-transfer/import-run.ts'
import { readTransferFile, transferLines } from '../schema-transfer/transfer-file.ts'
import { CliError } from '../cli-error.ts'
import { accessToken, connect, defaultUrl } from '../session.ts'
import { projectFrom } from '../target.ts'

type From = { from?: string; fromUser?: string; context?: string; file?: string }
type ImportFlags = From & { project?: string; merge?: boolean; stay?: boolean; check?: boolean }

const shownMax = 50

/** One line that is written over again; nothing where nobody looks. */
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`)
}
const progressDone = (): void => {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K')
}

/**
 * Secrets come by the environment, since others see a command line. A registry at the platform's own address is asked
 * with the credential of the command itself.
 */
async function authorizationFor(url: URL, user: string | undefined): Promise<string | undefined> {
  const token = process.env['PLINTH_FROM_TOKEN']
  if (token) return `Bearer ${token}`
  const name = user ?? decodeURIComponent(url.username)
  const password = process.env['PLINTH_FROM_PASSWORD'] ?? decodeURIComponent(url.password)
  if (name !== '' || password !== '') return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
  return url.origin === new URL(defaultUrl()).origin ? `Bearer ${await accessToken(defaultUrl())}` : undefined
}

async function sourceOf({ from, fromUser, context, file }: From): Promise<Collection & { problems: Difference[] }> {
  if ((from === undefined) === (file === undefined))
    throw new CliError('Either --from <url> or --file <file>.', exitCode('usage'))
  if (from === undefined) return { ...readTransferFile(readText(file ?? '-'), file ?? '-'), problems: [] }
  const url = URL.canParse(from) ? new URL(from) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new CliError(`'${from}' is no address of a registry, such as https://registry.example.`, exitCode('usage'))
  const authorization = await authorizationFor(url, fromUser)
  url.username = ''
  url.password = ''
  return readForeign({
    url: url.href,
    ...(authorization !== undefined && { authorization }),
    ...(context !== undefined && { context }),
    onProgress: progress,
  })
}

function reportText(report: ImportReport): string {
  const { project, versions, subjects, imported, unchanged, more, differences } = report
  const what = `${count(versions, 'version')} of ${count(subjects, 'subject')}`
  const shown = differences
    .slice(0, shownMax)
    .map(
      ({ subject, version, problem }) =>
        `  ${pc.bold(subject || project)}${version === undefined ? '' : ` version ${version}`} ${problem}`,
    )
  const rest = differences.length - shown.length
  return [
    differences.length === 0
      ? `${pc.green('●')} ${project} has all ${what}, with the same ids: ${imported} brought over, ${unchanged} were there`
      : `${pc.red('■')} ${project} differs from the source in ${count(differences.length, 'place')} of ${what}: ${imported} brought over, ${unchanged} were there`,
    ...shown,
    ...(rest > 0 ? [pc.dim(`  and ${rest} more; --json lists all`)] : []),
    ...(more > 0 ? [pc.dim(`  ${count(more, 'version')} here ${more === 1 ? 'is' : 'are'} not in the source`)] : []),
  ].join('\n')
}

async function runExport({ project: given, output: file }: { project?: string; output?: string }): Promise<void> {
  const project = projectFrom(given)
  const { versions, settings } = await readHere(connect(), project, progress)
  const out = file === undefined ? undefined : openSync(file, 'w')
  const write = (text: string): void => {
    if (out === undefined) process.stdout.write(text)
    else writeSync(out, text)
  }
  const lines = transferLines(write)
  lines.head({ project, from: defaultUrl(), exportedAt: new Date().toISOString() })
  for (const { canonical: _, ...one } of versions) lines.version(one)
  for (const one of settings) lines.settings(one)
  const { versions: number } = lines.end()
  if (out !== undefined) closeSync(out)
  progressDone()
  process.stderr.write(
    `${pc.green('●')} ${count(number, 'version')} of ${project}${file === undefined ? '' : ` in ${file}`}\n`,
  )
}

export function schemaTransferCommands(program: Command, output: () => Output): void {
  const schema = program.commands.find((command) => command.name() === 'schema') ?? program.command('schema')
  schema
    .command('export')
    .description('all schemas of a project with their ids, deleted versions too, as lines of JSON')
    .option('--project <name>')
    .option('-o, --output <file>', 'where to; standard output unless given')
    .action(runExport)
  schema
    .command('import')
    .description('bring the schemas of another registry over with their ids, and verify each; exit 1 where one differs')
    .option('--project <name>')
    .option('--from <url>', "a registry that speaks Confluent's API; asked from here, never by the platform")
    .option(
      '--from-user <name>',
      'for basic authentication, with PLINTH_FROM_PASSWORD; or a bearer token in PLINTH_FROM_TOKEN',
    )
    .option('--context <name>', 'which context of that registry, where it has several')
    .option('--file <file>', 'what `plinth schema export` wrote; - for standard input')
    .option('--merge', 'also where the project has versions that the source does not have')
    .option('--stay', 'leave the project in mode IMPORT, to run this again before clients change over')
    .option('--check', 'write nothing: compare alone')
    .action(async ({ project: given, merge = false, stay = false, check = false, ...from }: ImportFlags) => {
      const project = projectFrom(given)
      const { problems, ...source } = await sourceOf(from)
      const report = await runImport(connect(), {
        project,
        source,
        problems,
        merge,
        stay,
        checkOnly: check,
        onProgress: progress,
      })
      progressDone()
      show(output(), report, reportText)
      if (report.differences.length > 0) process.exitCode = exitCode('failed')
    })
}
