import { randomUUID } from 'node:crypto'
import { Option, type Command } from 'commander'
import pc from 'picocolors'
import { wholeNumber } from '../arguments.ts'
import { exitCode } from '../exit-codes.ts'
import { ago, show, table, type Output } from '../output.ts'
import { diffText, problemText, testsText } from '../policy-text.ts'
import { readText } from '../read-text.ts'
import { CliError } from '../cli-error.ts'
import { connect, type Api } from '../session.ts'

type ChangeSet = Awaited<ReturnType<Api['getChangeSet']>>
type Impact = Awaited<ReturnType<Api['impactOfChangeSet']>>
const states = ['draft', 'proposed', 'approved', 'rejected', 'applied', 'discarded'] as const

function changeSetText(set: ChangeSet): string {
  const { id, title, state, author, baseRevision, appliedRevision, approvals, approvalsNeeded, rejection } = set
  const wanted = approvalsNeeded > 0 ? `, approved by ${approvals.length} of ${approvalsNeeded}` : ''
  return [
    `${pc.bold(title)}  ${state}${appliedRevision === undefined ? '' : ` as revision ${appliedRevision}`}${wanted}`,
    pc.dim(`${id} · ${author}, ${ago(set.createdAt)} · from revision ${baseRevision}`),
    ...(set.description === '' ? [] : [set.description]),
    ...approvals.map(({ by, at }) => `${pc.green('●')} ${by} ${pc.dim(ago(at))}`),
    ...(rejection ? [`${pc.red('■')} ${rejection.by}: ${rejection.reason}`] : []),
    '',
    diffText(set.diff),
    ...set.problems.map((problem) => problemText(id, problem)),
  ].join('\n')
}

function impactText({ days, revision, examined, changed, decisions, subjects, tests, notes }: Impact): string {
  const turned = decisions.map((one) => [
    one.after === 'deny' ? pc.red(`${one.before} → deny`) : pc.green(`${one.before} → allow`),
    one.subject,
    `${one.action} ${one.object}`,
    one.domain,
    String(one.count),
    one.reason,
  ])
  const rights = subjects.flatMap(({ subject, gains, loses }) => [
    pc.bold(subject),
    ...loses.map((right) => pc.red(`  - ${right}`)),
    ...gains.map((right) => pc.green(`  + ${right}`)),
  ])
  return [
    `${changed} of ${examined} decisions of ${days} days would turn ${pc.dim(`(beside revision ${revision})`)}`,
    ...(turned.length > 0 ? ['', table(['TURNS', 'WHO', 'WHAT', 'WHERE', 'TIMES', 'WHY'], turned)] : []),
    ...(rights.length > 0 ? ['', ...rights] : []),
    '',
    `policy tests: ${testsText(tests)}`,
    ...notes.map((note) => `${pc.yellow('▲')} ${note}`),
  ].join('\n')
}

async function showImpact(api: Api, changeSet: string, days: number, output: Output): Promise<void> {
  const impact = await api.impactOfChangeSet({ params: { changeSet }, body: { days } })
  show(output, impact, impactText)
  if (impact.tests.failed > 0) process.exitCode = exitCode('failed')
}

const changeSetsText = (items: Awaited<ReturnType<Api['listChangeSets']>>['items']): string =>
  table(
    ['ID', 'STATE', 'ROWS', 'AUTHOR', 'AGE', 'TITLE'],
    items.map((one) => [one.id, one.state, `+${one.added} -${one.removed}`, one.author, ago(one.updatedAt), one.title]),
  )

function draftCommands(group: Command, output: () => Output): void {
  group
    .command('list')
    .description('drafted, waiting and done, newest first')
    .addOption(new Option('--state <state>').choices(states))
    .option('--limit <n>', 'how many', '50')
    .action(async (options: { state?: (typeof states)[number]; limit: string }) => {
      const query = { limit: Number(options.limit), ...(options.state !== undefined && { state: options.state }) }
      show(output(), await connect().listChangeSets({ query }), ({ items }) =>
        items.length === 0 ? 'No change sets.' : changeSetsText(items),
      )
    })
  group
    .command('show <id>')
    .description('what it changes, and who has said what to it')
    .option('--impact', 'its impact in place of its rows')
    .option('--days <days>', 'whose decisions are looked at', wholeNumber, 7)
    .action(async (changeSet: string, options: { impact?: boolean; days: number }) => {
      const api = connect()
      if (options.impact) return showImpact(api, changeSet, options.days, output())
      show(output(), await api.getChangeSet({ params: { changeSet } }), changeSetText)
    })
  group
    .command('impact <id>')
    .description('which decisions it would turn and whose rights it changes; exit 1 where a policy test fails')
    .option('--days <days>', 'whose decisions are looked at', wholeNumber, 7)
    .action((changeSet: string, { days }: { days: number }) => showImpact(connect(), changeSet, days, output()))
  group
    .command('create')
    .description('draft a change: the whole policy as it shall be')
    .requiredOption('--title <text>')
    .option('--file <file>', 'the policy as text; - for standard input')
    .option('--csv <file>', 'the same as --file')
    .option('--description <text>')
    .option(
      '--base <revision>',
      'the revision that the text was drawn from; the one in force unless given',
      wholeNumber,
    )
    .action(async (options: { title: string; file?: string; csv?: string; description?: string; base?: number }) => {
      const file = options.file ?? options.csv
      if (file === undefined) throw new CliError('Which policy? Name its file with --file.', exitCode('usage'))
      const body = {
        title: options.title,
        csv: readText(file),
        ...(options.description !== undefined && { description: options.description }),
        ...(options.base !== undefined && { baseRevision: options.base }),
      }
      show(output(), await connect().createChangeSet({ body, idempotencyKey: randomUUID() }), changeSetText)
    })
}

export function changeSetCommands(program: Command, output: () => Output): void {
  const group = program
    .command('change-set')
    .description('changes of the policy: list, show, create, impact, propose, approve, reject, apply, discard')
  draftCommands(group, output)
  const steps = {
    propose: ['ask for approval; where none is demanded it is approved at once', 'proposeChangeSet'],
    approve: ['approve what another has proposed', 'approveChangeSet'],
    apply: ['put it in force, whole or not at all', 'applyChangeSet'],
    discard: ['throw away what was not applied', 'discardChangeSet'],
  } as const
  for (const [verb, [description, operation]] of Object.entries(steps)) {
    group
      .command(`${verb} <id>`)
      .description(description)
      .action(async (changeSet: string) => {
        show(output(), await connect()[operation]({ params: { changeSet } }), changeSetText)
      })
  }
  group
    .command('reject <id>')
    .description('refuse what another has proposed')
    .requiredOption('--reason <text>', 'why')
    .action(async (changeSet: string, { reason }: { reason: string }) => {
      show(output(), await connect().rejectChangeSet({ params: { changeSet }, body: { reason } }), changeSetText)
    })
}
