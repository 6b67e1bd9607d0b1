import { writeFileSync } from 'node:fs'
import { Option, type Command } from 'commander'
import pc from 'picocolors'
import { wholeNumber } from '../arguments.ts'
import { diffText, problemText, testsText } from '../policy-text.ts'
import { exitCode } from '../exit-codes.ts'
import { ago, inert, show, table, type Output } from '../output.ts'
import { policyTestsFrom } from '../policy-tests.ts'
import { readText } from '../read-text.ts'
import { CliError } from '../cli-error.ts'
import { connect } from '../session.ts'

type DiffOptions = { revision?: number; from?: number }

/** `diff 3 7` is between revisions, `diff policy.csv` from what is in force to a file. */
function revisionsFrom(first: string | undefined, to: number | undefined, { revision, from }: DiffOptions) {
  if (revision !== undefined) {
    if (first !== undefined) throw new CliError('Either a file or --revision.', exitCode('usage'))
    return { revision, ...(from !== undefined && { from }) }
  }
  if (first === undefined || !/^\d+$/.test(first)) {
    if (to !== undefined || from !== undefined)
      throw new CliError('Revisions are two numbers: plinth policy diff 3 7.', exitCode('usage'))
    return undefined
  }
  return to === undefined ? { revision: Number(first) } : { revision: to, from: Number(first) }
}

function diffCommand(policy: Command, output: () => Output): void {
  policy
    .command('diff')
    .argument('[file-or-from]', 'a policy text, or a revision')
    .argument('[to]', 'a later revision', wholeNumber)
    .description('how a file differs from the policy in force, exit 1 where it does; or what revisions changed')
    .option('--revision <n>', 'what this revision changed', wholeNumber)
    .option('--from <m>', 'since this one, not since the one before it', wholeNumber)
    .action(async (first: string | undefined, to: number | undefined, options: DiffOptions) => {
      const revisions = revisionsFrom(first, to, options)
      const api = connect()
      let diff: { added: string[]; removed: string[] }
      if (revisions) {
        const { revision, from } = revisions
        diff = await api.diffPolicyRevisions({ params: { revision }, query: from === undefined ? {} : { from } })
      } else if (first === undefined) {
        const newest = (await api.listPolicyRevisions({ query: { limit: 1 } })).items[0]
        if (!newest) throw new CliError('The policy has no history yet.', exitCode('notFound'))
        diff = await api.diffPolicyRevisions({ params: { revision: newest.revision } })
      } else {
        const checked = await api.validatePolicy({ body: { csv: readText(first) } })
        if (!checked.valid) throw new CliError(checked.problems.map((one) => problemText(first, one)).join('\n'))
        diff = checked.diff
      }
      show(output(), diff, diffText)
      if (revisions === undefined && first !== undefined && diff.added.length + diff.removed.length > 0)
        process.exitCode = exitCode('failed')
    })
}

function testCommand(policy: Command, output: () => Output): void {
  policy
    .command('test [file]')
    .description('decide expected decisions, of a file or those kept on the platform; exit 1 where one fails')
    .option('--policy <file>', 'on this policy, not on the one in force')
    .option('--change-set <id>', 'on the policy as this change set would leave it')
    .action(async (file: string | undefined, options: { policy?: string; changeSet?: string }) => {
      if (options.policy !== undefined && options.changeSet !== undefined)
        throw new CliError('Either --policy or --change-set.', exitCode('usage'))
      const api = connect()
      const tests = file === undefined ? (await api.getPolicyTests()).items : policyTestsFrom(file)
      if (tests.length === 0) throw new CliError('The platform keeps no policy tests yet.', exitCode('notFound'))
      const run = await api.runPolicyTests({
        body: {
          tests,
          ...(options.policy !== undefined && { csv: readText(options.policy) }),
          ...(options.changeSet !== undefined && { changeSet: options.changeSet }),
        },
      })
      show(output(), run, testsText)
      if (run.failed > 0) process.exitCode = exitCode('failed')
    })
}

function fileCommands(policy: Command, output: () => Output): void {
  policy
    .command('export')
    .description('the policy as Casbin reads it')
    .option('--model', 'model.conf in place of policy.csv')
    .option('-o, --output <file>', 'where to; standard output unless given')
    .action(async (options: { model?: boolean; output?: string }) => {
      const found = await connect().getRawPolicy()
      const text = options.model ? found.model : found.csv
      if (options.output !== undefined) {
        writeFileSync(options.output, text)
        process.stderr.write(`${pc.green('●')} revision ${found.revision} in ${options.output}\n`)
      } else if (output().json) show(output(), found, () => '')
      else process.stdout.write(text)
    })
  policy
    .command('validate <file>')
    .description('what is wrong in a policy text, and where; exit 1 where anything is')
    .action(async (file: string) => {
      const checked = await connect().validatePolicy({ body: { csv: readText(file) } })
      show(output(), checked, ({ valid, problems, diff }) =>
        [
          ...problems.map((one) => problemText(file, one)),
          ...(valid
            ? [
                `${pc.green('●')} ${file} is valid: ${diff.added.length} rows more and ${diff.removed.length} less than in force`,
              ]
            : []),
        ].join('\n'),
      )
      if (!checked.valid) process.exitCode = exitCode('failed')
    })
  policy
    .command('import <file>')
    .description('turn a foreign policy into one of ours on standard output; what decides otherwise on standard error')
    .addOption(new Option('--format <format>').choices(['casbin', 'argocd']).makeOptionMandatory())
    .option('--model <file>', 'model.conf, for casbin')
    .option('--default-role <role>', 'policy.default of Argo CD')
    .action(async (file: string, options: { format: 'casbin' | 'argocd'; model?: string; defaultRole?: string }) => {
      const made = await connect().convertPolicy({
        body: {
          format: options.format,
          policy: readText(file),
          ...(options.model !== undefined && { model: readText(options.model) }),
          ...(options.defaultRole !== undefined && { defaultRole: options.defaultRole }),
        },
      })
      if (output().json) return show(output(), made, () => '')
      for (const note of made.notes) process.stderr.write(`${inert(problemText(file, note))}\n`)
      process.stdout.write(made.csv)
    })
}

export function policyCommands(program: Command, output: () => Output): void {
  const policy = program
    .command('policy')
    .description('the policy: export, validate, diff, test, import, history, restore')
  fileCommands(policy, output)
  diffCommand(policy, output)
  testCommand(policy, output)
  policy
    .command('history')
    .description('every state that the policy was in, newest first')
    .option('--limit <n>', 'how many', '50')
    .action(async (options: { limit: string }) => {
      show(output(), await connect().listPolicyRevisions({ query: { limit: Number(options.limit) } }), ({ items }) =>
        table(
          ['REVISION', 'AGE', 'BY', 'WHAT', 'ROWS', ''],
          items.map((one) => [
            String(one.revision),
            ago(one.at),
            one.by,
            one.summary,
            `+${one.added} -${one.removed}`,
            pc.dim(one.changeSet ?? ''),
          ]),
        ),
      )
    })
  policy
    .command('restore')
    .argument('<revision>', 'see plinth policy history', wholeNumber)
    .description('go back to a revision: as a new one, or as a change set where approval is demanded')
    .requiredOption('--reason <text>', 'why; kept in the audit ledger')
    .action(async (revision: number, { reason }: { reason: string }) => {
      const made = await connect().restorePolicyRevision({
        params: { revision },
        body: { reason },
      })
      show(output(), made, ({ state, id, appliedRevision }) =>
        state === 'applied'
          ? `${pc.green('●')} Restored, as revision ${appliedRevision ?? '?'} ${pc.dim(id)}`
          : `${pc.cyan('◌')} ${id} is ${state}; \`plinth change-set show ${id}\` shows what it needs.`,
      )
    })
}
