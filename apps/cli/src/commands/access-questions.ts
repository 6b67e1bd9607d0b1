import type { Command } from 'commander'
import pc from 'picocolors'
import { actions, type Action } from '@plinth/contracts'
import { action, csvFrom, domainFrom, wholeNumber } from '../arguments.ts'
import { exitCode } from '../exit-codes.ts'
import { ago, show, table, type Output } from '../output.ts'
import { connect, type Api } from '../session.ts'

type Explanation = Awaited<ReturnType<Api['explainAccess']>>
type Link = Explanation['unmet'][number]['link']
type Circumstances = { at?: string; address?: string }
type Where = Circumstances & { in?: string }

const circumstancesFrom = ({ at, address }: Circumstances) => ({
  ...(at !== undefined && { at }),
  ...(address !== undefined && { address }),
})

const withCircumstances = (command: Command): Command =>
  command.option('--at <time>', 'RFC 3339; now unless given').option('--address <ip>', 'the client address to suppose')

const linkText = ({ subject, role, domain, expiresAt }: Link): string =>
  `${subject} is ${role} in ${domain}${expiresAt === undefined ? '' : ` until ${expiresAt}`}`

function explanationText({ allowed, reason, revision, matches, unmet, frozen, grant }: Explanation): string {
  return [
    `${allowed ? pc.green('● yes') : pc.red('■ no')}  ${reason} ${pc.dim(`(revision ${revision})`)}`,
    ...matches.flatMap(({ rule, through }) => [
      `  ${rule.effect === 'deny' ? pc.red('deny ') : pc.green('allow')} ${rule.action} ${rule.object} in ${rule.domain} for ${rule.subject}`,
      ...through.map((link) => pc.dim(`        ${linkText(link)}`)),
    ]),
    ...unmet.map(({ link, why }) => `  ${pc.yellow('▲')} ${linkText(link)}: ${why}`),
    ...(frozen ? [`  ${pc.yellow('▲')} frozen in ${frozen.domain} until ${frozen.until}: ${frozen.reason}`] : []),
    ...(grant ? [pc.dim(`  ${grant.role} in ${grant.domain} would allow it`)] : []),
  ].join('\n')
}

function explainCommands(access: Command, output: () => Output): void {
  withCircumstances(access.command('explain'))
    .description('why this may, or may not, be done: every rule that speaks; exit 0 for yes, 1 for no')
    .argument('<action>', actions.join(', '), action)
    .argument('<object>', 'a kind, or kind/id: application/ledger')
    .argument('[domain]', 'a project, or project/environment')
    .option('--in <domain>', 'the domain too')
    .option('--subject <subject>', 'who; you unless given')
    .option('--as <subject>', 'the same as --subject')
    .action(
      async (
        name: Action,
        object: string,
        place: string | undefined,
        options: Where & { subject?: string; as?: string },
      ) => {
        const subject = options.subject ?? options.as
        const domain = domainFrom(place, options.in, '*')
        const found = await connect().explainAccess({
          body: {
            action: name,
            object,
            domain,
            ...(subject !== undefined && { subject }),
            ...circumstancesFrom(options),
          },
        })
        show(output(), found, explanationText)
        if (!found.allowed) process.exitCode = exitCode('failed')
      },
    )
  withCircumstances(access.command('who-can'))
    .description('which subjects may do this')
    .argument('<action>', actions.join(', '), action)
    .argument('<object>')
    .argument('[domain]', 'a project, or project/environment')
    .option('--in <domain>', 'the domain too')
    .action(async (name: Action, object: string, place: string | undefined, options: Where) => {
      const domain = domainFrom(place, options.in, '*')
      const body = { action: name, object, domain, ...circumstancesFrom(options) }
      show(
        output(),
        await connect().whoCan({ body }),
        ({ items }) =>
          items
            .map(({ subject, conditional }) => `${subject}${conditional ? pc.dim('  on conditions') : ''}`)
            .join('\n') || 'Nobody.',
      )
    })
  withCircumstances(access.command('what-can'))
    .description('all that somebody may do, and by which bindings')
    .argument('[subject]', 'you unless given')
    .action(async (subject: string | undefined, options: Circumstances) => {
      const body = { ...(subject !== undefined && { subject }), ...circumstancesFrom(options) }
      show(output(), await connect().whatCan({ body }), ({ items }) =>
        items.length === 0
          ? 'Nothing.'
          : table(
              ['', 'ACTION', 'OBJECT', 'WHERE', 'THROUGH'],
              items.map(({ effect, action: verb, object, domain, through }) => [
                effect === 'deny' ? pc.red('deny') : 'allow',
                verb,
                object,
                domain === '*' ? 'everywhere' : domain,
                pc.dim(through.map(({ role }) => role).join(' → ')),
              ]),
            ),
      )
    })
}

function decisionsCommand(access: Command, output: () => Output): void {
  access
    .command('decisions')
    .description('what the gateway decided, newest first: every denial, and a sample of what was allowed')
    .option('--denied', 'only denials')
    .option('--subject <subject>', 'user:ana, sa:payments/ci')
    .option('--in <domain>', 'a project, or project/environment')
    .option('--since <time>', 'RFC 3339, or 15m, 2h, 7d back from now', '1d')
    .option('--limit <n>', 'how many', wholeNumber, 100)
    .action(async (options: { denied?: boolean; subject?: string; in?: string; since: string; limit: number }) => {
      const query = {
        since: options.since,
        limit: options.limit,
        ...(options.denied && { allowed: false }),
        ...(options.subject !== undefined && { subject: options.subject }),
        ...(options.in !== undefined && { domain: options.in }),
      }
      show(output(), await connect().queryDecisions({ query }), ({ items }) =>
        items.length === 0
          ? 'None.'
          : table(
              ['WHEN', '', 'WHO', 'WHAT', 'WHERE', 'WHY'],
              items.map((one) => [
                ago(one.at),
                one.allowed ? pc.green('● allow') : pc.red('■ deny'),
                one.subject,
                `${one.action} ${one.object}`,
                one.domain,
                one.reason,
              ]),
            ),
      )
    })
}

type Row = Awaited<ReturnType<Api['accessReview']>>['items'][number]

const reviewCsv = (items: readonly Row[]): string =>
  csvFrom([
    ['subject', 'name', 'role', 'domain', 'through', 'given by', 'since', 'until', 'last used', 'unused', 'binding'],
    ...items.map((one) => [
      one.subject,
      one.displayName ?? '',
      one.role,
      one.domain,
      one.through,
      one.createdBy ?? '',
      one.createdAt ?? '',
      one.expiresAt ?? '',
      one.lastUsedAt ?? '',
      one.unused ? 'yes' : 'no',
      one.binding ?? '',
    ]),
  ])

export function accessQuestionCommands(access: Command, output: () => Output): void {
  explainCommands(access, output)
  decisionsCommand(access, output)
  access
    .command('review')
    .description('who holds what, where, given by whom and when last used')
    .option('--in <domain>', 'a project, or project/environment')
    .option('--days <days>', 'how far back use is looked for', wholeNumber, 30)
    .option('--unused', 'only what nobody used in those days')
    .option('--csv', 'as CSV')
    .action(async (options: { in?: string; days: number; unused?: boolean; csv?: boolean }) => {
      const query = { days: options.days, ...(options.in !== undefined && { domain: options.in }) }
      const found = await connect().accessReview({ query })
      const items = options.unused ? found.items.filter(({ unused }) => unused) : found.items
      if (found.note !== undefined) process.stderr.write(`${pc.yellow('▲')} ${found.note}\n`)
      if (options.csv) return void process.stdout.write(reviewCsv(items))
      show(output(), { ...found, items }, () =>
        items.length === 0
          ? 'None.'
          : table(
              ['SUBJECT', 'ROLE', 'WHERE', 'THROUGH', 'SINCE', 'BY', 'LAST USED'],
              items.map((one) => [
                one.subject,
                one.role,
                one.domain === '*' ? 'everywhere' : one.domain,
                one.through,
                ago(one.createdAt),
                one.createdBy ?? '-',
                one.unused ? pc.yellow(`▲ not in ${found.days} d`) : ago(one.lastUsedAt),
              ]),
            ),
      )
    })
}
