import type { Command } from 'commander'
import pc from 'picocolors'
import { actions, type Action } from '@plinth/contracts'
import { action } from '../arguments.ts'
import { exitCode } from '../exit-codes.ts'
import { show, type Output } from '../output.ts'
import { connect } from '../session.ts'
import { accessQuestionCommands } from './access-questions.ts'
import { accessRequestCommands } from './access-requests.ts'

export function accessCommands(program: Command, output: () => Output): void {
  program
    .command('can-i')
    .description('may I do this? exit 0 for yes, 1 for no')
    .argument('<action>', actions.join(', '), action)
    .argument('<object>', 'a kind, or kind/id: application/ledger')
    .option('--in <domain>', 'a project, or project/environment', '*')
    .option('--as <subject>', 'as this subject would; for those who may list bindings')
    .action(async (name: Action, object: string, options: { in: string; as?: string }) => {
      const questions = [{ action: name, object, domain: options.in }]
      const { items } = await connect().canI({
        body: { questions, ...(options.as !== undefined && { as: options.as }) },
      })
      const [answer] = items
      if (!answer) throw new Error('The platform gave no answer')
      show(output(), answer, ({ allowed, reason, grant }) =>
        [
          `${allowed ? pc.green('● yes') : pc.red('■ no')}  ${reason}`,
          ...(grant ? [pc.dim(`  ${grant.role} in ${grant.domain} would allow it`)] : []),
        ].join('\n'),
      )
      if (!answer.allowed) process.exitCode = exitCode('failed')
    })
  program
    .command('who-can')
    .description('which subjects may do this')
    .argument('<action>', actions.join(', '), action)
    .argument('<object>')
    .option('--in <domain>', 'a project, or project/environment', '*')
    .action(async (name: Action, object: string, options: { in: string }) => {
      show(
        output(),
        await connect().whoCan({ body: { action: name, object, domain: options.in } }),
        ({ items }) => items.map(({ subject }) => subject).join('\n') || 'Nobody.',
      )
    })
  const access = program
    .command('access')
    .description(
      'why, who and what; a role for a time: explain, who-can, what-can, review, decisions, request, approve, deny, end',
    )
  accessQuestionCommands(access, output)
  accessRequestCommands(access, output)
}
