import { randomUUID } from 'node:crypto'
import { Option, type Command } from 'commander'
import pc from 'picocolors'
import { domainFrom, minutes, roleFrom } from '../arguments.ts'
import { ago, show, table, type Output } from '../output.ts'
import { connect, type Api } from '../session.ts'

type Request = Awaited<ReturnType<Api['getAccessRequest']>>
const states = ['pending', 'granted', 'denied', 'withdrawn', 'ended', 'expired'] as const

function requestText(request: Request): string {
  const { id, subject, role, domain, state, expiresAt, durationMinutes, decision } = request
  const what = `${subject}: ${role} in ${domain}`
  if (state === 'granted') return `${pc.green('●')} ${what} until ${expiresAt ?? '?'} ${pc.dim(id)}`
  if (state === 'pending')
    return `${pc.cyan('◌')} ${what} for ${durationMinutes} min waits for approval: plinth access approve ${id}`
  return `· ${what} is ${state}${decision === undefined ? '' : `: ${decision}`} ${pc.dim(id)}`
}

function askCommands(access: Command, output: () => Output): void {
  for (const breakGlass of [false, true]) {
    access
      .command(breakGlass ? 'break-glass' : 'request')
      .description(
        breakGlass
          ? 'take a role at once, in an emergency, where you may; it is recorded and told'
          : 'ask for a role for a time',
      )
      .argument('<role>', 'role:deployer, or deployer')
      .argument('[domain]', 'a project, or project/environment')
      .option('--in <domain>', 'the domain too')
      .requiredOption('--reason <text>', 'why; kept in the audit ledger')
      .option('--for <time>', 'how long: 45m, 1h, 1h30m', minutes)
      .option('--minutes <n>', 'how long, in minutes', minutes)
      .action(
        async (
          role: string,
          place: string | undefined,
          options: { in?: string; reason: string; for?: number; minutes?: number },
        ) => {
          const body = {
            role: roleFrom(role),
            domain: domainFrom(place, options.in),
            reason: options.reason,
            durationMinutes: options.for ?? options.minutes ?? 60,
            ...(breakGlass && { breakGlass }),
          }
          show(output(), await connect().createAccessRequest({ body, idempotencyKey: randomUUID() }), requestText)
        },
      )
  }
}

export function accessRequestCommands(access: Command, output: () => Output): void {
  askCommands(access, output)
  access
    .command('requests')
    .description('your requests, and those that you may decide, newest first')
    .addOption(new Option('--state <state>').choices(states))
    .option('--limit <n>', 'how many', '50')
    .action(async (options: { state?: (typeof states)[number]; limit: string }) => {
      const query = { limit: Number(options.limit), ...(options.state !== undefined && { state: options.state }) }
      show(output(), await connect().listAccessRequests({ query }), ({ items }) =>
        items.length === 0
          ? 'No requests.'
          : table(
              ['ID', 'STATE', 'WHO', 'ROLE', 'WHERE', 'FOR', 'AGE', 'WHY'],
              items.map((one) => [
                one.id,
                `${one.state}${one.mayDecide && one.state === 'pending' ? pc.cyan(' (you may decide)') : ''}`,
                one.subject,
                `${one.role}${one.breakGlass ? pc.red(' break-glass') : ''}`,
                one.domain,
                `${one.durationMinutes} min`,
                ago(one.createdAt),
                one.reason,
              ]),
            ),
      )
    })
  access
    .command('approve <id>')
    .description('grant what was asked for, or for less long')
    .option('--for <time>', 'for less long than asked: 45m, 1h', minutes)
    .option('--comment <text>')
    .action(async (request: string, options: { for?: number; comment?: string }) => {
      const body = {
        ...(options.for !== undefined && { durationMinutes: options.for }),
        ...(options.comment !== undefined && { comment: options.comment }),
      }
      show(output(), await connect().approveAccessRequest({ params: { request }, body }), requestText)
    })
  access
    .command('deny <id>')
    .description('refuse a request')
    .requiredOption('--reason <text>', 'why')
    .action(async (request: string, { reason }: { reason: string }) => {
      show(output(), await connect().denyAccessRequest({ params: { request }, body: { reason } }), requestText)
    })
  access
    .command('end <id>')
    .description('withdraw a request, or give granted access back before its time')
    .action(async (request: string) => {
      show(output(), await connect().endAccessRequest({ params: { request } }), requestText)
    })
}
